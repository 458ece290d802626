import { randomUUID } from 'node:crypto';
import { standaloneModel } from '../../../src-shared/compiler/standalone-model.ts';
import type { JsonValue, ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { uniqueName } from '../../../src-shared/document/schema/names.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { ImportLoss } from '../../../src-shared/interchange/import-report.ts';
import { isStoredOpName } from '../../../src-shared/layers/parameters/stored-program.ts';
import type {
  StoredOperation,
  StoredProgram,
  StoredWeight,
} from '../../../src-shared/layers/parameters/stored-program.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import type { Operation, Program, ValueId } from '../../../src-shared/program/language/types.ts';
import { openedDocument } from '../../../src-shared/starting-points/sketch.ts';
import type { SketchLayer } from '../../../src-shared/starting-points/sketch.ts';
import type { FileTensor, ImportedWeight } from '../importer/model-importer.ts';
import { divideProgram } from './divide-program.ts';
import type { ProgramPart } from './divide-program.ts';

/** A weight of an imported program. */
export interface ImportedState {
  readonly tensor: FileTensor;
  readonly role: Pick<StoredWeight, 'name' | 'trains' | 'initializer'>;
}

export interface OperationsModel {
  readonly document: ModelDocument;
  readonly weights: readonly ImportedWeight[];
  readonly layers: number;
  readonly operations: number;
  readonly losses: readonly ImportLoss[];
}

/**
 * The document of an imported program: Inputs, an Operations node for each of its parts, and Outputs. Nodes with weights
 * are frozen.
 *
 * @param program With names of inputs and outputs that people know.
 * @param states By the name of the program's state.
 * @throws AppError 'model-file/unsupported', 'model/invalid'.
 */
export function operationsModel(
  name: string,
  program: Program,
  states: ReadonlyMap<string, ImportedState>,
): OperationsModel {
  const sketch: SketchLayer[] = [];
  const tensors = new Map<string, FileTensor>();
  const places = new Map<ValueId, { readonly index: number; readonly name: string }>();
  const names = new Set<string>();
  const add = (layer: SketchLayer & { readonly name: string }, value: ValueId): void => {
    names.add(layer.name);
    places.set(value, { index: sketch.length, name: layer.name });
    sketch.push(layer);
  };
  for (const { name: input, value } of program.inputs) {
    const free = uniqueName(plainName(input, 'input'), names);
    const shape = program.values[value]!.shape.slice(1) as number[];
    add({ kind: 'Input', name: free, params: { shape }, from: [] }, value);
  }
  const parts = divideProgram(program);
  const shared = sharedStates(program, parts);
  for (const part of parts) {
    const free = uniqueName(plainName(lastOf(part.scope, names), 'operations'), names);
    const sources = part.inputs.map((value) => places.get(value)!);
    const { stored, weights } = storedPart(
      program,
      part,
      sources.map((source) => source.name),
      states,
      shared,
    );
    for (const [weight, tensor] of weights) tensors.set(`${free}/${weight}`, tensor);
    const params = { program: stored as unknown as JsonValue };
    add(
      { kind: 'Operations', name: free, params, frozen: weights.size > 0, from: sources.map(({ index }) => index) },
      part.output,
    );
  }
  for (const { name: output, value } of program.outputs) {
    const free = uniqueName(plainName(output, 'output'), names);
    names.add(free);
    sketch.push({ kind: 'Output', name: free, params: {}, from: [places.get(value)!.index] });
  }
  const document = openedDocument(name, sketch, randomUUID);
  return {
    document,
    weights: weightsOf(document, tensors),
    layers: program.inputs.length,
    operations: parts.length,
    losses: lossesOf(parts.length, tensors, states, shared),
  };
}

/** Names of states that several parts read: each part has a copy, so that none of them trains. */
function sharedStates({ state }: Program, parts: readonly ProgramPart[]): ReadonlySet<string> {
  const read = parts.map(({ operations }) => new Set(operations.flatMap(({ inputs }) => inputs)));
  return new Set(
    state.filter(({ value }) => read.filter((values) => values.has(value)).length > 1).map((entry) => entry.name),
  );
}

function storedPart(
  program: Program,
  { inputs, operations, output }: ProgramPart,
  sources: readonly string[],
  states: ReadonlyMap<string, ImportedState>,
  shared: ReadonlySet<string>,
): { readonly stored: StoredProgram; readonly weights: ReadonlyMap<string, FileTensor> } {
  const names = new Set<string>();
  const free = (wanted: string): string => {
    const found = uniqueName(wanted, names);
    names.add(found);
    return found;
  };
  const places = new Map<ValueId, number>();
  const place = (value: ValueId): void => void places.set(value, places.size);
  inputs.forEach(place);
  const weights = new Map<string, FileTensor>();
  const read = new Set(operations.flatMap((operation) => operation.inputs));
  const storedInputs = inputs.map((value, index) => ({
    name: free(sources[index]!),
    shape: program.values[value]!.shape.slice(1) as number[],
  }));
  const storedWeights = program.state
    .filter(({ value }) => read.has(value))
    .map((entry): StoredWeight => {
      const { tensor, role } = states.get(entry.name)!;
      const name = free(role.name);
      place(entry.value);
      weights.set(name, tensor);
      return {
        name,
        shape: [...tensor.shape],
        trains: role.trains && !shared.has(entry.name),
        initializer: role.initializer,
      };
    });
  const storedOperations = operations.map((operation): StoredOperation => {
    const stored = storedOperation(operation, places);
    place(operation.outputs[0]!);
    return stored;
  });
  const scope = operations.at(-1)?.scope ?? '';
  return {
    stored: {
      inputs: storedInputs,
      weights: storedWeights,
      operations: storedOperations,
      output: { name: lastSegment(scope) || 'output', value: places.get(output)! },
    },
    weights,
  };
}

function storedOperation(operation: Operation, places: ReadonlyMap<ValueId, number>): StoredOperation {
  const { op, attributes, scope } = operation;
  if (!isStoredOpName(op)) throw new Error(`Expected an operation that a document can hold; received ${op}.`);
  return {
    op,
    inputs: operation.inputs.map((input) => places.get(input)!),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes: { ...attributes } }),
    ...(scope === '' ? {} : { name: scope.slice(-500) }),
  };
}

/** The file's tensor for each weight of the compiled model. */
function weightsOf(document: ModelDocument, tensors: ReadonlyMap<string, FileTensor>): ImportedWeight[] {
  const result = standaloneModel(document, null);
  if (!result.ok) {
    throw new AppError('model/invalid', result.problems[0]!.message, { problems: result.problems.slice(0, 20) });
  }
  return result.model.weights.map(({ name, shape }) => {
    const tensor = tensors.get(name)!;
    return { name, shape, read: () => tensor.read() };
  });
}

function lossesOf(
  parts: number,
  tensors: ReadonlyMap<string, FileTensor>,
  states: ReadonlyMap<string, ImportedState>,
  shared: ReadonlySet<string>,
): ImportLoss[] {
  if (parts === 0) return [];
  const all = [...states].filter(([name]) => [...tensors.values()].includes(states.get(name)!.tensor));
  const training = all.filter(([name, { role }]) => role.trains && !shared.has(name));
  const values = (list: typeof all): string =>
    list.reduce((sum, [, { tensor }]) => sum + elementCount(tensor.shape), 0).toLocaleString('en');
  const rest = all.filter((entry) => !training.includes(entry));
  const others =
    rest.length === 0
      ? ''
      : ` The other ${rest.length} tensors (${values(rest)} values), as normalization statistics, never train.`;
  const trained =
    training.length === 0
      ? `None of their tensors (${values(rest)} values) trains.`
      : `Unfrozen nodes train ${training.length} tensors (${values(training)} values): factors of products and convolutions, and summands.${others}`;
  const losses: ImportLoss[] = [
    {
      code: 'operations/frozen',
      severity: 'note',
      layer: null,
      message: `The model has operations, not layers. They are in ${parts} Operations nodes; those with weights are frozen. ${trained}`,
    },
  ];
  if (shared.size > 0) {
    const names = [...shared]
      .slice(0, 4)
      .map((name) => `'${name}'`)
      .join(', ');
    losses.push({
      code: 'operations/shared-weights',
      severity: 'changed',
      layer: null,
      message: `${shared.size === 1 ? 'A tensor is' : `${shared.size} tensors are`} used in several Operations nodes (${names}${shared.size > 4 ? ', …' : ''}). Each node has a copy, which does not train.`,
    });
  }
  return losses;
}

/** Says that a file's model for one example takes any number of them here. */
export function fixedBatch(examples = 1): ImportLoss {
  return {
    code: 'operations/fixed-batch',
    severity: 'changed',
    layer: null,
    message: `The file has the model for ${examples === 1 ? 'one example' : `${examples} examples`} at a time. The first axis, of size ${examples}, is used as the batch axis: any number of examples is computed, independently of each other.`,
  };
}

const lastSegment = (scope: string): string => scope.split('/').at(-1)!;

/** The last part of a scope; with the parts before it where another node has this name. */
function lastOf(scope: string, taken: ReadonlySet<string>): string {
  const segments = scope.split('/');
  const found = segments
    .map((_, index) => segments.slice(-index - 1).join('_'))
    .find((name) => !taken.has(plainName(name, '')));
  return found ?? scope;
}

/** A name for a layer: Keras allows no slashes. */
function plainName(name: string, otherwise: string): string {
  return name.replace(/[^\w.-]+/g, '_').replace(/^_+/, '') || otherwise;
}
