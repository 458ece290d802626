import { RowCounts } from '../../../src-shared/layers/kinds/core/operations.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { Operation, Program, Shape, ValueId } from '../../../src-shared/program/language/types.ts';
import { scopeKeys } from './scope-keys.ts';

/** A part of a program with one output. */
export interface ProgramPart {
  /** The common beginning of the names of its operations. */
  readonly scope: string;
  /** Values of other parts and inputs that it reads, each once. */
  readonly inputs: readonly ValueId[];
  /** In topological order, with those that do not depend on the examples, which several parts can have. */
  readonly operations: readonly Operation[];
  readonly output: ValueId;
}

/**
 * Divides a program into parts with one output each, by the scopes of its operations. Where operations of a scope have
 * several outputs, it becomes several parts; values that are not one row for each example stay inside a part.
 *
 * @param program Its operations have one output each, and their scopes are names with slashes.
 * @returns In topological order. An output that is an input of the program is in no part.
 * @throws AppError 'model-file/unsupported' if the program cannot be divided so that each part has one output.
 */
export function divideProgram(program: Program): readonly ProgramPart[] {
  return new Division(program).parts();
}

class Division {
  readonly #program: Program;
  /** Operations that depend on the examples, by the value that they make. */
  readonly #units = new Map<ValueId, Operation>();
  /** Other operations, by value: each part has a copy. */
  readonly #free = new Map<ValueId, Operation>();
  /** The value that represents the part of a unit's value. */
  readonly #parents = new Map<ValueId, ValueId>();
  readonly #readers = new Map<ValueId, Set<ValueId>>();
  readonly #outputs: ReadonlySet<ValueId>;
  /** Values that only their own part can read. */
  readonly #inner = new Set<ValueId>();

  constructor(program: Program) {
    this.#program = program;
    this.#outputs = new Set(program.outputs.map(({ value }) => value));
    for (const operation of program.operations) {
      const [value] = operation.outputs;
      const isOfExamples = program.values[value!]!.shape.includes(null);
      (isOfExamples ? this.#units : this.#free).set(value!, operation);
    }
    const rows = new RowCounts(shapesOf(program));
    for (const [value, { inputs }] of this.#units) {
      rows.add(value, inputs);
      this.#parents.set(value, value);
      if (rows.of(value) !== 1 || program.values[value]!.dtype !== 'float32') this.#inner.add(value);
      for (const input of this.#unitsRead(value)) {
        const readers = this.#readers.get(input) ?? new Set();
        this.#readers.set(input, readers.add(value));
      }
    }
  }

  parts(): ProgramPart[] {
    const names = [...this.#units.values()].map(({ scope }) => scope);
    const keys = scopeKeys(names);
    const keyOf = (value: ValueId): string => keys.get(this.#units.get(value)!.scope)!;
    this.#joinWithin(keyOf);
    this.#close();
    const members = Map.groupBy(this.#units.keys(), (value) => this.#find(value));
    const made = [...members.values()].map((values) => this.#part(values, keyOf(values.at(-1)!)));
    return inOrder(made);
  }

  /** Values of other units that a unit reads. */
  #unitsRead(value: ValueId): ValueId[] {
    return this.#units.get(value)!.inputs.filter((input) => this.#units.has(input));
  }

  #find(value: ValueId): ValueId {
    let root = value;
    while (this.#parents.get(root)! !== root) root = this.#parents.get(root)!;
    for (let at = value; at !== root;) {
      const next = this.#parents.get(at)!;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }

  #join(a: ValueId, b: ValueId): void {
    this.#parents.set(this.#find(a), this.#find(b));
  }

  /** The parts that read a value, without its own. */
  #readingParts(value: ValueId): Set<ValueId> {
    const own = this.#find(value);
    const parts = new Set([...(this.#readers.get(value) ?? [])].map((reader) => this.#find(reader)));
    parts.delete(own);
    return parts;
  }

  /** Joins a part with the only part that reads it, if both are in one scope. Its values then have no other reader. */
  #joinWithin(keyOf: (value: ValueId) => string): void {
    const values = [...this.#units.keys()].toReversed();
    for (let hasJoined = true; hasJoined;) {
      hasJoined = false;
      for (const value of values) {
        const readers = this.#readingParts(value);
        const [reader] = readers;
        if (reader === undefined || readers.size > 1 || this.#outputs.has(value)) continue;
        if (keyOf(value) !== keyOf(reader)) continue;
        this.#join(value, reader);
        hasJoined = true;
      }
    }
  }

  /** Joins parts until each has one output, all other parts read only such outputs, and no part depends on itself. */
  #close(): void {
    for (let hasJoined = true; hasJoined;) {
      hasJoined = false;
      const read = new Map<ValueId, ValueId[]>();
      for (const value of this.#units.keys()) {
        const isRead = this.#outputs.has(value) || this.#readingParts(value).size > 0;
        if (!isRead) continue;
        const part = this.#find(value);
        read.set(part, [...(read.get(part) ?? []), value]);
      }
      for (const values of read.values()) {
        const kept = values.findLast((value) => this.#outputs.has(value)) ?? values.at(-1)!;
        const others = values.filter((value) => value !== kept);
        if (others.some((value) => this.#outputs.has(value))) throw severalOutputs();
        for (const value of this.#inner.has(kept) ? values : others) {
          for (const reader of this.#readingParts(value)) {
            this.#join(value, reader);
            hasJoined = true;
          }
        }
      }
      hasJoined = this.#joinCycles() || hasJoined;
    }
  }

  /** Joins parts that depend on each other. */
  #joinCycles(): boolean {
    const targets = new Map<ValueId, Set<ValueId>>();
    for (const value of this.#units.keys()) {
      const part = this.#find(value);
      targets.set(part, new Set([...(targets.get(part) ?? []), ...this.#readingParts(value)]));
    }
    const waiting = new Map([...targets.keys()].map((part) => [part, 0]));
    for (const next of targets.values()) for (const part of next) waiting.set(part, waiting.get(part)! + 1);
    const ready = [...waiting].filter(([, count]) => count === 0).map(([part]) => part);
    for (const part of ready) {
      waiting.delete(part);
      for (const next of targets.get(part)!) {
        waiting.set(next, waiting.get(next)! - 1);
        if (waiting.get(next) === 0) ready.push(next);
      }
    }
    const [first, ...others] = waiting.keys();
    for (const part of others) this.#join(part, first!);
    return others.length > 0;
  }

  #part(values: readonly ValueId[], key: string): ProgramPart {
    const own = new Set(values);
    const inputs = new Set<ValueId>();
    const operations: Operation[] = [];
    const taken = new Set<ValueId>();
    const isGiven = new Set(this.#program.inputs.map(({ value }) => value));
    const take = (value: ValueId): void => {
      const free = this.#free.get(value);
      if (free === undefined || taken.has(value)) return;
      taken.add(value);
      free.inputs.forEach(take);
      operations.push(free);
    };
    for (const value of values) {
      const operation = this.#units.get(value)!;
      for (const input of operation.inputs) {
        take(input);
        if (isGiven.has(input) || (this.#units.has(input) && !own.has(input))) inputs.add(input);
      }
      operations.push(operation);
    }
    const output = values.findLast((value) => this.#outputs.has(value) || this.#readingParts(value).size > 0)!;
    return { scope: key, inputs: [...inputs], operations, output };
  }
}

function shapesOf(program: Program): ConstructorParameters<typeof RowCounts>[0] {
  const producers = new Map(
    program.operations.flatMap((operation) => operation.outputs.map((value) => [value, operation])),
  );
  return {
    shapeOf: (value: ValueId): Shape => program.values[value]!.shape,
    producerOf: (value: ValueId): Operation | null => producers.get(value) ?? null,
  };
}

function inOrder(parts: readonly ProgramPart[]): ProgramPart[] {
  const makers = new Map(parts.map((part) => [part.output, part]));
  const order: ProgramPart[] = [];
  const seen = new Set<ProgramPart>();
  const visit = (first: ProgramPart): void => {
    const pending = [{ part: first, isDone: false }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { part, isDone } = next;
      if (isDone) order.push(part);
      if (isDone || seen.has(part)) continue;
      seen.add(part);
      pending.push({ part, isDone: true });
      for (const input of part.inputs.toReversed()) {
        const maker = makers.get(input);
        if (maker !== undefined) pending.push({ part: maker, isDone: false });
      }
    }
  };
  parts.forEach(visit);
  return order;
}

function severalOutputs(): AppError {
  return new AppError(
    'model-file/unsupported',
    'Expected a model that can be divided into parts with one output each; received operations with several outputs that depend on each other. Open a model with one output.',
  );
}
