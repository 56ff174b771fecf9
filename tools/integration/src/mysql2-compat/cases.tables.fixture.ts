/** Tables that the cases use. */
export const CASE_TABLES = [
  'CREATE TABLE item (id int PRIMARY KEY, n int)',
  'INSERT INTO item SELECT seq, 0 FROM seq_1_to_100',
  'CREATE TABLE note (id int AUTO_INCREMENT PRIMARY KEY, body varchar(200))',
];
