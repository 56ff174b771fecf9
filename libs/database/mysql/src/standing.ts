import type { NodeTarget, Position, ProbeResult, ServerIdentity } from '@nest-pooling/sql';
import { RoleChangedError } from './errors.js';
import { isServerError } from './fault.js';
import { comparePositions } from './gtid.js';
import { identityOf, isOn, replicationOf, roleOf, type ReplicaRow } from './identity.js';
import {
  identityStatement,
  positionStatement,
  replicaStatement,
  type Flavour,
  type IdentityRow,
} from './statements.js';
import type { Wire } from './wire.js';

/** What the server says to who may not look at its replication. */
const NOT_ALLOWED = 1227;

/** What a session knows of its server: who it is, and how far its log has come. */
export class Standing {
  /** As read when the session was opened. */
  identity: ServerIdentity = { systemId: '', timeline: 0, role: 'unknown', version: '' };
  #flavour: Flavour = 'mysql';
  /** Replication may be looked at. */
  #sees = true;

  constructor(
    private readonly target: NodeTarget,
    private readonly wire: Wire,
  ) {}

  async read(flavour: Flavour): Promise<void> {
    this.#flavour = flavour;
    const row = await this.#ask();
    this.wire.lockTimeoutRollsBack = isOn(row.whole);
    this.identity = identityOf(flavour, row);
  }

  async position(): Promise<Position> {
    const { systemId, timeline, role } = this.identity;
    if (systemId === '') return { systemId, timeline, at: '' };
    const row = await this.#at();
    if (roleOf(row) !== role) throw new RoleChangedError(this.target.id, role, roleOf(row));
    return { systemId, timeline, at: row.at ?? '' };
  }

  async reached(position: Position): Promise<boolean> {
    const { systemId, timeline } = this.identity;
    if (systemId === '' || position.systemId !== systemId) return false;
    const { at } = await this.#at();
    return comparePositions({ systemId, timeline, at: at ?? '' }, position) === 'reached';
  }

  async probe(): Promise<ProbeResult> {
    const row = await this.#ask();
    const identity = identityOf(this.#flavour, row);
    const at = row.at ?? '';
    if (identity.role !== 'replica' || this.target.proxied) {
      return { ...identity, at, streaming: true, lagMs: 0 };
    }
    const replication = await this.#replication(row.version);
    if (replication === 'hidden') return { ...identity, at, streaming: true, lagMs: null };
    return { ...identity, at, ...replicationOf(replication, at) };
  }

  async #replication(version: string): Promise<ReplicaRow | undefined | 'hidden'> {
    if (!this.#sees) return 'hidden';
    try {
      return await this.#row<ReplicaRow | undefined>(replicaStatement(this.#flavour, version));
    } catch (error) {
      if (!isServerError(error) || error.errno !== NOT_ALLOWED) throw error;
      this.#sees = false;
      return 'hidden';
    }
  }

  /** Behind a proxy another server may answer next time, and what is known of this one is nothing to compare with. */
  #ask(): Promise<IdentityRow> {
    return this.#row(identityStatement(this.#flavour, !this.target.proxied));
  }

  #at(): Promise<Pick<IdentityRow, 'at' | 'read_only'>> {
    return this.#row(positionStatement(this.#flavour));
  }

  async #row<Row>(sql: string): Promise<Row> {
    const { rows } = await this.wire.query({ sql });
    return rows[0] as Row;
  }
}
