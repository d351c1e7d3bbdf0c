// go-sql-driver through database/sql: text (interpolated) and prepared, transactions, NULL.
package main

import (
	"database/sql"
	"fmt"
	"os"

	_ "github.com/go-sql-driver/mysql"
)

func must(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func run(options string) {
	db, err := sql.Open("mysql", "root@tcp(127.0.0.1:"+os.Args[1]+")/live?charset=utf8mb4"+options)
	must(err)
	defer db.Close()
	_, err = db.Exec("drop table if exists go_client")
	must(err)
	_, err = db.Exec("create table go_client(id int primary key, v varchar(50), t datetime)")
	must(err)
	tx, err := db.Begin()
	must(err)
	_, err = tx.Exec("insert into go_client values (?, ?, ?), (?, ?, ?)", 1, "\U0001F600", "2024-02-29 12:13:14", 2, nil, nil)
	must(err)
	must(tx.Commit())
	rows, err := db.Query("select id, v, t from go_client where id >= ? order by id", 1)
	must(err)
	defer rows.Close()
	count := 0
	for rows.Next() {
		var id int
		var v, t sql.NullString
		must(rows.Scan(&id, &v, &t))
		count++
		if id == 1 && (v.String != "\U0001F600" || t.String != "2024-02-29 12:13:14") || id == 2 && v.Valid {
			must(fmt.Errorf("row %d is %v %v", id, v, t))
		}
	}
	must(rows.Err())
	if count != 2 {
		must(fmt.Errorf("%d rows", count))
	}
}

func main() {
	run("")
	run("&interpolateParams=true")
	fmt.Println("go done")
}
