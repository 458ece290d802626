import { describe, expect, it } from 'vitest';
import { describeExit, mayLackMemory } from '../../src-main/processes/program-process.ts';

describe('describeExit', () => {
  it('uses the error that ended the process, not the lines that Node adds', () => {
    const output = `node:internal/modules/esm/resolve:271
    throw new ERR_MODULE_NOT_FOUND(
          ^

Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'losses.ts'
    at finalizeResolution (node:internal/modules/esm/resolve:271:11) {
  code: 'ERR_MODULE_NOT_FOUND'
}

Node.js v24.21.0`;
    expect(describeExit({ code: 1, signal: null, output })).toBe(
      "it ended with status 1: Error [ERR_MODULE_NOT_FOUND]: Cannot find module 'losses.ts'",
    );
  });

  it('uses the error of a full heap, not the stack after it', () => {
    const output = `<--- Last few GCs --->
FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----
 1: 0xe37f44 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]`;
    const exit = { code: null, signal: 'SIGABRT', output } as const;
    expect(describeExit(exit)).toMatch(/^it crashed \(SIGABRT\): FATAL ERROR: .* out of memory$/);
    expect(mayLackMemory(exit)).toBe(true);
    expect(mayLackMemory({ code: 1, signal: null, output: 'Error: other' })).toBe(false);
  });

  it('uses the last line of a native library', () => {
    const output = 'loading\nterminate called after throwing an instance of std::bad_alloc\n';
    expect(describeExit({ code: null, signal: 'SIGABRT', output })).toBe(
      'it crashed (SIGABRT): terminate called after throwing an instance of std::bad_alloc',
    );
    expect(describeExit({ code: 3, signal: null, output: '' })).toBe('it ended with status 3');
  });
});
