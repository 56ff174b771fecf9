import type { Connection } from 'mysql2';

/** A packet of the server, as far as it is looked at. */
export interface Packet {
  isEOF(): boolean;
  eofStatusFlags(): number;
}

/** What the server says at the end of what changes something. */
export interface OkHeader {
  readonly affectedRows: number;
  readonly insertId: number | string;
  readonly serverStatus: number;
}

/** A column of a result. */
export interface Column {
  name: string;
}

/** What mysql2 tells of a statement's end: rows or a header; several of them where there were several results. */
export type Answer = (error: unknown, result?: unknown, columns?: unknown) => void;

/** A prepared statement of mysql2. */
export interface PreparedInfo {
  /** What the server says of the parameters; one for each. */
  readonly parameters: readonly unknown[];
  execute(values: readonly unknown[], answer: Answer): Rows;
}

/** A command whose rows come one by one. */
export interface Rows {
  on(event: 'fields', listener: (columns: readonly Column[] | undefined) => void): this;
  on(event: 'result', listener: (row: unknown) => void): this;
  on(event: 'error', listener: (error: unknown) => void): this;
  on(event: 'end', listener: () => void): this;
}

/** Hears of what comes piece by piece. */
export interface RowReceiver {
  row(row: unknown): void;
  columns?(columns: readonly Column[]): void;
  header?(header: OkHeader): void;
}

/** What a statement is given to mysql2 as. */
export interface Command {
  readonly sql: string;
  readonly values?: readonly unknown[];
  readonly rowsAsArray?: boolean;
}

/** A connection of mysql2, with what its types leave out or make hard to use. */
export interface RawConnection {
  readonly threadId: number | null;
  readonly config: Connection['config'];
  readonly stream: {
    readonly destroyed: boolean;
    readonly remoteAddress?: string;
    destroy(): unknown;
    once(event: 'close', listener: () => void): unknown;
  };
  /** Every packet comes through here. */
  handlePacket(packet: Packet | undefined): void;
  connect(answer: (error: unknown, handshake?: { readonly serverVersion?: string }) => void): void;
  query(command: Command, answer: Answer): Rows;
  query(command: Command): Rows;
  execute(command: Command, answer: Answer): Rows;
  execute(command: Command): Rows;
  prepare(sql: string, answer: (error: unknown, info?: PreparedInfo) => void): unknown;
  unprepare(sql: string): unknown;
  reset(answer: (error: unknown) => void): unknown;
  addCommand(command: unknown): unknown;
  write(bytes: Uint8Array): void;
  pause(): void;
  resume(): void;
  end(): unknown;
  destroy(): void;
  on(event: 'error', listener: (error: unknown) => void): this;
}

/** mysql2 tells the server's status with what changes something, but not with rows: an EOF behind them holds it. */
export function watchStatus(connection: RawConnection, heard: (status: number) => void): void {
  const handle = connection.handlePacket.bind(connection);
  connection.handlePacket = (packet) => {
    if (packet !== undefined && packet.isEOF()) heard(packet.eofStatusFlags());
    handle(packet);
  };
}
