// mysql2 and mariadb for Node: text and prepared, NULL, bigint, 4-byte characters, transactions.
const [, , name, port] = process.argv;
const settings = { host: '127.0.0.1', port: Number(port), user: 'root', database: 'live', charset: 'utf8mb4' };

function expect(condition, text) {
  if (!condition) throw new Error(text);
}

async function open() {
  if (name === 'mysql2') return require('mysql2/promise').createConnection({ ...settings, supportBigNumbers: true, bigNumberStrings: true });
  const { charset, ...rest } = settings;
  return require('mariadb').createConnection(rest);
}

// mysql2 answers [rows, fields], mariadb rows.
const rowsOf = (answer) => (name === 'mysql2' ? answer[0] : answer);

async function main() {
  const c = await open();
  const table = `node_${name}`;
  await c.query(`drop table if exists ${table}`);
  await c.query(`create table ${table}(id int primary key, v varchar(50), n bigint unsigned)`);
  const run = (sql, values) => (c.execute ? c.execute(sql, values) : c.query(sql, values));
  await run(`insert into ${table} values (?, ?, ?)`, [1, '\u{1F600} x', '18446744073709551615']);
  await run(`insert into ${table} values (?, ?, ?)`, [2, null, null]);
  for (const ask of [run, (sql, values) => c.query(sql, values)]) {
    const rows = rowsOf(await ask(`select * from ${table} where id >= ? order by id`, [1]));
    expect(rows.length === 2 && rows[0].v === '\u{1F600} x', JSON.stringify(rows, (k, v) => String(v)));
    expect(String(rows[0].n) === '18446744073709551615' && rows[1].v === null, String(rows[0].n));
  }
  await c.beginTransaction();
  await c.query(`delete from ${table}`);
  await c.rollback();
  expect(Number(rowsOf(await c.query(`select count(*) as n from ${table}`))[0].n) === 2, 'rollback');
  try {
    await c.query(`insert into ${table}(id) values (1)`);
    expect(false, 'no error');
  } catch (error) {
    expect(error.errno === 1062, String(error));
  }
  await c.end();
  console.log('node done');
}

main().catch((error) => {
  console.log('failed:', error);
  process.exit(1);
});
