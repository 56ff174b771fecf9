/** The same statements as on Postgres, in the words of these servers. */
export const BY_ID = 'SELECT id, name, cents FROM item WHERE id = ?';
export const UPDATE = 'UPDATE item SET cents = cents + 1 WHERE id = ?';
export const ONE = 'SELECT 1 AS one';
export const SLEEP = 'SELECT SLEEP(0.1)';
