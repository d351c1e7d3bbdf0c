-- sample.sql: the database `sample`, a small shop, which ./quickstart loads into a new cluster.
CREATE DATABASE sample;
USE sample;

CREATE TABLE customers (
    id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(60) NOT NULL,
    city VARCHAR(60) NOT NULL,
    since DATE NOT NULL,
    KEY (city)
);
CREATE TABLE products (
    id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    code CHAR(4) NOT NULL UNIQUE,
    name VARCHAR(60) NOT NULL,
    price DECIMAL(8,2) NOT NULL,
    stock INT NOT NULL
);
CREATE TABLE orders (
    id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    customer_id INT UNSIGNED NOT NULL,
    placed TIMESTAMP NOT NULL,
    state ENUM('open', 'paid', 'sent') NOT NULL DEFAULT 'open',
    KEY (customer_id, placed)
);
CREATE TABLE order_lines (
    order_id INT UNSIGNED NOT NULL,
    line SMALLINT UNSIGNED NOT NULL,
    product_id INT UNSIGNED NOT NULL,
    quantity INT NOT NULL,
    price DECIMAL(8,2) NOT NULL,
    PRIMARY KEY (order_id, line),
    KEY (product_id)
);

INSERT INTO customers (name, city, since) VALUES
    ('Ada Byron', 'London', '2021-02-03'), ('Blaise Pascal', 'Rouen', '2021-06-19'),
    ('Carl Gauss', 'Göttingen', '2022-04-30'), ('Daniel Bernoulli', 'Basel', '2022-08-02'),
    ('Emmy Noether', 'Göttingen', '2023-03-23'), ('Felix Klein', 'Leipzig', '2023-04-25'),
    ('Grace Hopper', 'New York', '2023-12-09'), ('Hypatia', 'Αλεξάνδρεια', '2024-03-08'),
    ('Ibn al-Haytham', 'Cairo', '2024-07-01'), ('Joan Clarke', 'London', '2025-06-24');
INSERT INTO products (code, name, price, stock) VALUES
    ('ABAC', 'Abacus', 24.90, 120), ('COMP', 'Pair of compasses', 12.50, 300),
    ('GLOB', 'Globe', 89.00, 15), ('LENS', 'Reading lens', 19.95, 80),
    ('PRSM', 'Prism', 33.00, 60), ('RULE', 'Slide rule', 45.00, 40),
    ('SEXT', 'Sextant', 249.00, 6), ('TILE', 'Box of tiles', 9.80, 500);

-- 200 orders of one to four lines, the same every time.
INSERT INTO orders (id, customer_id, placed, state)
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
    SELECT i + 1, 1 + i * 7 % 10, '2025-01-01 08:00:00' + INTERVAL i * 37 HOUR,
           IF(i < 150, 'sent', IF(i < 180, 'paid', 'open'))
    FROM n;
INSERT INTO order_lines (order_id, line, product_id, quantity, price)
    WITH RECURSIVE l (line) AS (SELECT 1 UNION ALL SELECT line + 1 FROM l WHERE line < 4)
    SELECT o.id, l.line, p.id, 1 + (o.id + l.line) % 3, p.price
    FROM orders o
    JOIN l ON l.line <= 1 + o.id % 4
    JOIN products p ON p.id = 1 + (o.id * 3 + l.line * 5) % 8;
