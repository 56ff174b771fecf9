import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sqlConformance } from '@nest-pooling/sql/testing';
import { fileHarness, memoryHarnessOn } from './harness.fixture.js';
import { Folder, libraries } from './temporary.fixture.js';

const PATIENCE_MS = 120_000;

let folder: Folder;
let files = 0;
beforeAll(async () => (folder = await Folder.make()));
afterAll(() => folder.remove());

for (const library of libraries) {
  const file = fileHarness(library, () => folder.file(`${++files}.db`));
  const memory = memoryHarnessOn(library);
  for (const [where, harness] of Object.entries({ file, memory })) {
    describe(`every SqlPool, on ${library}, ${where}`, () => {
      const cases = sqlConformance(harness);
      it.each(cases.filter(({ skipped }) => skipped === undefined))(
        '$name',
        async ({ run }) => expect(await run()).toBeUndefined(),
        PATIENCE_MS,
      );

      it('leaves out only what it cannot have', () => {
        const reasons = new Set(cases.flatMap(({ skipped }) => skipped ?? []));
        expect([...reasons].toSorted()).toEqual(
          [
            'a running statement cannot be cancelled',
            'a session cannot be ended from outside',
            'there is one session that writes',
            ...(where === 'memory' ? ['there is a single session'] : []),
          ].toSorted(),
        );
      });
    });
  }
}
