import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;

/** JDBC through libmariadb-java: text and server-side prepared statements, batches, generated keys, metadata. */
public class Client {
    static void expect(boolean condition, String text) {
        if (!condition) throw new AssertionError(text);
    }

    static void run(String url) throws SQLException {
        try (Connection c = DriverManager.getConnection(url); Statement s = c.createStatement()) {
            s.execute("drop table if exists java_client");
            s.execute("create table java_client(id bigint primary key auto_increment, v varchar(50), d decimal(20,5), t datetime(3))");
            String sql = "insert into java_client(v, d, t) values (?, ?, ?)";
            try (PreparedStatement p = c.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS)) {
                p.setString(1, "\uD83D\uDE00");
                p.setBigDecimal(2, new BigDecimal("123456789012345.12345"));
                p.setTimestamp(3, Timestamp.valueOf("2024-02-29 01:02:03.456"));
                p.executeUpdate();
                ResultSet keys = p.getGeneratedKeys();
                expect(keys.next() && keys.getLong(1) == 1, "generated key");
                p.setNull(1, java.sql.Types.VARCHAR);
                p.setNull(2, java.sql.Types.DECIMAL);
                p.setNull(3, java.sql.Types.TIMESTAMP);
                p.executeUpdate();
            }
            try (PreparedStatement p = c.prepareStatement("select v, d, t from java_client where id = ?")) {
                p.setLong(1, 1);
                ResultSet r = p.executeQuery();
                expect(r.next() && r.getString(1).equals("\uD83D\uDE00"), "string");
                expect(r.getBigDecimal(2).equals(new BigDecimal("123456789012345.12345")), "decimal");
                expect(r.getTimestamp(3).equals(Timestamp.valueOf("2024-02-29 01:02:03.456")), "timestamp");
                p.setLong(1, 2);
                r = p.executeQuery();
                expect(r.next() && r.getString(1) == null && r.getBigDecimal(2) == null, "nulls");
            }
            c.setAutoCommit(false);
            s.executeUpdate("delete from java_client");
            c.rollback();
            c.setAutoCommit(true);
            ResultSet r = s.executeQuery("select count(*) from java_client");
            expect(r.next() && r.getInt(1) == 2, "rollback");
            ResultSet columns = c.getMetaData().getColumns("live", null, "java_client", "%");
            int count = 0;
            while (columns.next()) count++;
            expect(count == 4, "metadata: " + count + " columns");
            try {
                s.executeUpdate("insert into java_client(id) values (1)");
                expect(false, "no error");
            } catch (SQLException e) {
                expect(e.getErrorCode() == 1062 && e.getSQLState().startsWith("23"), e.toString());
            }
        }
    }

    public static void main(String[] args) throws Exception {
        String url = "jdbc:mariadb://127.0.0.1:" + args[0] + "/live?user=root";
        run(url);
        run(url + "&useServerPrepStmts=true");
        System.out.println("java done");
    }
}
