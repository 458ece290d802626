import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src-main/runs/safetensors.ts';

const tensors = new Map<string, HostTensor>([
  ['dense/kernel', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, NaN, Infinity) }],
  ['mask', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['optimizer/step', { dtype: 'int32', shape: [], data: Int32Array.of(-7) }],
  ['empty', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
]);

describe('safetensors', () => {
  it('round-trips, also from an unaligned buffer', () => {
    const bytes = encodeSafetensors(tensors, { note: 'α' });
    const pool = Buffer.alloc(bytes.length + 3);
    pool.set(bytes, 3);
    for (const input of [bytes, pool.subarray(3)]) {
      const content = decodeSafetensors(input);
      expect(content.tensors).toEqual(tensors);
      expect(content.metadata).toEqual({ note: 'α' });
    }
  });

  it('follows the file layout of the format', () => {
    const bytes = encodeSafetensors(new Map([['a', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }]]));
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerLength % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength))) as unknown;
    expect(header).toEqual({ __metadata__: {}, a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
    expect([...bytes.subarray(8 + headerLength)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  it('is deterministic for equal tensors', () => {
    expect(encodeSafetensors(tensors)).toEqual(encodeSafetensors(new Map(tensors)));
  });

  it('rejects damaged bytes', () => {
    const bytes = encodeSafetensors(tensors);
    expect(() => decodeSafetensors(bytes.subarray(0, 4))).toThrow(/\b8\b.*\b4\b/);
    expect(() => decodeSafetensors(bytes.subarray(0, 40))).toThrow(/\b32\b/);
    expect(() => decodeSafetensors(bytes.subarray(0, -2))).toThrow(/'optimizer\/step'.*\b4\b.*\b2\b/);
  });
});
