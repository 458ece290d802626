import { fieldsIn, ProtobufError, varintAt } from './wire-format.ts';

/** A value of a field: an integer of 64 bits or less, or bytes of a text, a message, packed or fixed-size numbers. */
export type FieldValue = bigint | Uint8Array;

/** The fields of a message in memory, in their order. @throws ProtobufError if the bytes are not a message. */
export function* fieldsOf(message: Uint8Array): Generator<readonly [number: number, value: FieldValue]> {
  for (const { number, integer, bytes } of fieldsIn((at) => message[at]!, { start: 0, end: message.length })) {
    yield [number, integer ?? message.subarray(bytes!.start, bytes!.end)];
  }
}

/** An integer at a position. @throws ProtobufError if it is cut off. */
export function readVarint(bytes: Uint8Array, start: number): { value: bigint; next: number } {
  return varintAt((at) => bytes[at]!, start, bytes.length);
}

/** @throws ProtobufError if the value has no bytes. */
export function bytesOf(value: FieldValue): Uint8Array {
  if (typeof value !== 'bigint') return value;
  throw new ProtobufError('a number in place of bytes');
}

/** A number that is exact in float64. @throws ProtobufError if it is not. */
export function numberOf(value: FieldValue): number {
  const number = typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new ProtobufError('a value that is not a whole number');
}

export const textOf = (value: FieldValue): string => new TextDecoder().decode(bytesOf(value));
