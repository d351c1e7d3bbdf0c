<?php
// mysqli and PDO: text and prepared, NULL, unsigned, 4-byte characters.
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
function expect($condition, $text) { if (!$condition) { echo "failed: $text\n"; exit(1); } }
$port = (int)$argv[1];
$m = new mysqli("127.0.0.1", "root", "", "live", $port);
$m->set_charset("utf8mb4");
$m->query("drop table if exists php");
$m->query("create table php(id int primary key auto_increment, v varchar(50), n decimal(10,2), b bigint unsigned)");
$s = $m->prepare("insert into php(v, n, b) values (?, ?, ?)");
$v = "\u{1F600} x"; $n = "12345678.90"; $b = "18446744073709551615";
$s->bind_param("sss", $v, $n, $b);
$s->execute();
expect($m->insert_id == 1, "insert id");
$v = null; $n = null; $b = null;
$s->execute();
$r = $m->query("select * from php order by id")->fetch_all(MYSQLI_ASSOC);
expect(count($r) == 2 && $r[0]["v"] === "\u{1F600} x" && $r[0]["b"] === "18446744073709551615", json_encode($r));
expect($r[1]["v"] === null && $r[1]["n"] === null, "nulls");
$s = $m->prepare("select n from php where id = ?");
$id = 1;
$s->bind_param("i", $id);
$s->execute();
expect($s->get_result()->fetch_row()[0] === "12345678.90", "prepared select");
$m->begin_transaction();
$m->query("delete from php");
$m->rollback();
expect($m->query("select count(*) from php")->fetch_row()[0] == 2, "rollback");
foreach ([true, false] as $emulate) {
    $p = new PDO("mysql:host=127.0.0.1;port=$port;dbname=live;charset=utf8mb4", "root", "");
    $p->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
    $p->setAttribute(PDO::ATTR_EMULATE_PREPARES, $emulate);
    $s = $p->prepare("select v from php where id = ?");
    $s->execute([1]);
    expect($s->fetchColumn() === "\u{1F600} x", "PDO select");
    try { $p->query("insert into php(id) values (1)"); expect(false, "no error"); }
    catch (PDOException $e) { expect($e->getCode() == "23000" && $e->errorInfo[1] == 1062, $e->getMessage()); }
}
echo "php done\n";
