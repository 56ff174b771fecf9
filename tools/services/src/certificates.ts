import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServicesError, codeOf } from './errors.js';
import { writeOwned } from './owned-file.js';
import { run } from './run.js';
import type { ServerUser } from './server-user.js';

/** A certificate and its key, as files in PEM. */
export interface CertificateFiles {
  /** Path of the certificate. */
  readonly cert: string;
  /** Path of its key. */
  readonly key: string;
}

/** The files of one server. */
export interface InstalledFiles extends CertificateFiles {
  /** Path of the authority's certificate. */
  readonly ca: string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const DAYS = ['-days', '30'];

/**
 * A certificate authority of our own, and what it has signed, made by openssl. The server's certificate is for the name
 * `localhost` and no address, so that 127.0.0.1 is a wrong name.
 */
export class Certificates {
  private constructor(private readonly folder: string) {}

  /**
   * Makes the authorities and the server's certificate.
   * @param folder Made, and removed by whoever owns it.
   * @throws ServicesError `SERVICES_PLATFORM` without openssl, `SERVICES_COMMAND` when it fails.
   */
  static async make(folder: string): Promise<Certificates> {
    await mkdir(folder, { mode: 0o755 });
    const made = new Certificates(folder);
    try {
      await Promise.all([made.#authority('ca'), made.#authority('other-ca')]);
    } catch (error) {
      if (codeOf((error as Error).cause) !== 'ENOENT') throw error;
      throw new ServicesError(
        'SERVICES_PLATFORM',
        'A server with TLS needs the program openssl to make its certificate. Install it (Debian: apt-get install openssl).',
        { cause: error },
      );
    }
    await made.sign('server', 'localhost', 'subjectAltName=DNS:localhost');
    return made;
  }

  /** The file of the authority that signed the server's certificate. */
  get ca(): string {
    return join(this.folder, 'ca.pem');
  }

  /** The file of an authority that signed nothing. */
  get otherCa(): string {
    return join(this.folder, 'other-ca.pem');
  }

  /** Makes a certificate with which a user may log in where `pg_hba.conf` asks for one (`hostssl … cert`). */
  client(user: string): Promise<CertificateFiles> {
    return this.sign(`client-${user}`, user, 'extendedKeyUsage=clientAuth');
  }

  /** Puts the files of a server into its own folder, where its user alone may read the key. @internal */
  async install(dataDir: string, user: ServerUser | undefined): Promise<InstalledFiles> {
    for (const name of ['server.pem', 'server.key', 'ca.pem']) {
      // eslint-disable-next-line no-await-in-loop
      await writeOwned(join(dataDir, name), await readFile(join(this.folder, name), 'utf8'), user);
    }
    const [cert, key, ca] = [
      join(dataDir, 'server.pem'),
      join(dataDir, 'server.key'),
      join(dataDir, 'ca.pem'),
    ];
    return { cert, key, ca };
  }

  private async sign(name: string, subject: string, extension: string): Promise<CertificateFiles> {
    const file = (kind: string) => join(this.folder, `${name}.${kind}`);
    const { folder } = this;
    await writeFile(file('ext'), `${extension}\n`);
    await openssl(['req', ...KEY, '-subj', `/CN=${subject}`, '-keyout', file('key'), '-out', file('csr')]);
    const by = ['-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key'), '-CAserial', file('srl')];
    await openssl([
      'x509',
      '-req',
      '-in',
      file('csr'),
      ...by,
      '-CAcreateserial',
      '-extfile',
      file('ext'),
      ...DAYS,
      '-out',
      file('pem'),
    ]);
    return { cert: file('pem'), key: file('key') };
  }

  async #authority(name: string): Promise<void> {
    const out = ['-keyout', join(this.folder, `${name}.key`), '-out', join(this.folder, `${name}.pem`)];
    await openssl(['req', '-x509', ...KEY, ...DAYS, '-subj', `/CN=nest-pooling ${name}`, ...out]);
  }
}

function openssl(words: readonly string[]): Promise<string> {
  return run('openssl', words);
}
