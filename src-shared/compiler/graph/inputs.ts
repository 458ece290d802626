import { INPUT, isInput, isOutput } from '../../document/schema/ends.ts';
import { columnTypeOf } from '../../data/columns/registry.ts';
import type { FeatureSpec } from '../../data/prepared.ts';
import { columnPlaces } from '../../data/column-places.ts';
import { featureTensors } from '../../data/feature-tensors.ts';
import type { FeatureTensor } from '../../data/feature-tensors.ts';
import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { showShape } from '../../program/language/shape.ts';
import type { ProgramBuilder } from '../../program/builder/builder.ts';
import type { ValueId } from '../../program/language/types.ts';
import { title } from './graph.ts';
import type { ModelGraph } from './graph.ts';
import { listed, namesOf, nameProblem, setNames } from './named-columns.ts';

/** The part of the feature spec that compilation needs. */
export type ModelFeatures = Pick<FeatureSpec, 'inputShape' | 'targets'> &
  Partial<Pick<FeatureSpec, 'columns' | 'weight' | 'statistics' | 'furtherStatistics'>>;

/** The part of an example that one Input reads. */
export interface InputPart {
  readonly node: ModelNode;
  /** Without the batch axis; null if it is not known. */
  readonly shape: readonly number[] | null;
  /** Names of the columns; empty if the data set is not known. */
  readonly columns: readonly string[];
  /** Input of the program (`data/feature-tensors.ts`) that it reads. */
  readonly tensor: string;
  /** Indices in an example of the tensor; null: the whole example. */
  readonly places: readonly number[] | null;
}

/** The part of the example for each Input, and problems of the Inputs. */
export function readInputs(
  graph: ModelGraph,
  features: ModelFeatures | null,
): { parts: ReadonlyMap<string, InputPart>; problems: readonly GraphProblem[] } {
  const parts = new Map<string, InputPart>();
  const problems: GraphProblem[] = [];
  for (const node of graph.order) if (isInput(node)) parts.set(node.id, readInput(node, features, problems));
  if (parts.size === 0) problems.push(noInput(graph));
  return { parts, problems };
}

/** The value of an Input. @param tensors Inputs of the program by name. */
export function emitInputPart(
  builder: ProgramBuilder,
  tensors: ReadonlyMap<string, ValueId>,
  { node, tensor, places }: InputPart,
): ValueId {
  const x = tensors.get(tensor)!;
  if (places === null) return x;
  return builder.within(node.name, () => {
    const [first = 0] = places;
    if (places.every((place, index) => place === first + index)) {
      return builder.slice(x, [0, first], [-1, places.length]);
    }
    return builder.gather(x, builder.constant('int32', [places.length], places), 1);
  });
}

function readInput(node: ModelNode, features: ModelFeatures | null, problems: GraphProblem[]): InputPart {
  const own = ownShape(node);
  if (features === null) {
    if (own === null) problems.push(noData(node));
    return { node, shape: own, columns: [], tensor: 'x', places: null };
  }
  const names = namesOf(node, 'columns');
  const columns = features.columns ?? [];
  const known = columns.map((column) => column.name);
  const problem = nameProblem(node, 'columns', names, known);
  if (problem !== null) {
    problems.push(problem);
    return { node, shape: own, columns: [], tensor: 'x', places: null };
  }
  const tensors = featureTensors(features);
  const [first] = names;
  const tensor =
    first === undefined ? tensors[0]! : tensors.find((each) => each.columns.some(({ name }) => name === first))!;
  const ofTensor = tensor.columns.map(({ name }) => name);
  if (tensors.length > 1 && (first === undefined || !names.every((name) => ofTensor.includes(name)))) {
    problems.push(severalTensors(node, names, tensors));
    return { node, shape: own, columns: [], tensor: 'x', places: null };
  }
  const whole = names.length === 0 || names.join('\n') === ofTensor.join('\n');
  const places = whole ? null : columnPlaces(tensor.columns, names);
  const given = places === null ? tensor.shape : [places.length];
  if (own !== null && own.join() !== given.join()) problems.push(otherShape(node, own, given));
  return { node, shape: own ?? given, columns: whole ? ofTensor : names, tensor: tensor.input, places };
}

/** The shape set at the Input; null if it is empty or invalid (the parameter check reports that). */
function ownShape(input: ModelNode): number[] | null {
  const shape = input.params['shape'];
  if (!Array.isArray(shape) || shape.length === 0) return null;
  const sizes = shape.filter((size): size is number => typeof size === 'number' && Number.isInteger(size) && size > 0);
  return sizes.length === shape.length ? sizes : null;
}

function noInput(graph: ModelGraph): GraphProblem {
  const first = graph.order.find((node) => !isOutput(node) && graph.incoming.get(node.id)?.length === 0);
  const message = 'Expected an Input, which receives the examples; the model has none. Add one and connect it.';
  const params = { kind: INPUT, params: {}, connectFrom: null, connectTo: first?.id ?? null };
  const fixes: Fix[] = [{ label: 'Add Input', action: 'add-node', params }];
  return { code: 'graph/no-input', severity: 'error', nodeId: null, message, fixes };
}

function noData(node: ModelNode): GraphProblem {
  return {
    code: 'graph/no-data',
    severity: 'advice',
    nodeId: node.id,
    param: 'shape',
    message: `${title(node)} takes its shape from the data set, and none is prepared. Choose data, or give it a shape.`,
    fixes: [{ label: 'Choose data', action: 'choose-data', params: {} }],
  };
}

function otherShape(node: ModelNode, own: readonly number[], given: readonly number[]): GraphProblem {
  const label = 'Take the shape from the data set';
  return {
    code: 'graph/input-shape',
    severity: 'error',
    nodeId: node.id,
    param: 'shape',
    message: `${title(node)} expected examples of shape ${showShape(own)}; received ${showShape(given)} from the data set. ${label}.`,
    fixes: [{ label, action: 'reset-param', params: { nodeId: node.id, name: 'shape' } }],
  };
}

/** Limit of fixes that take one tensor each. */
const MOST_FIXES = 5;

/** An Input has one value, so it takes table columns or one image. */
function severalTensors(node: ModelNode, names: readonly string[], tensors: readonly FeatureTensor[]): GraphProblem {
  const received = names.length === 0 ? 'all features' : listed(names);
  const fixes = tensors.slice(0, MOST_FIXES).map(({ columns }) => {
    const of = columns.map(({ name }) => name);
    return setNames(
      node,
      'columns',
      of,
      columnTypeOf(columns[0]!).inTable ? 'Take the table columns' : `Take ${listed(of)}`,
    );
  });
  return {
    code: 'graph/several-tensors',
    severity: 'error',
    nodeId: node.id,
    param: 'columns',
    message: `${title(node)} expected table columns or one image column; received ${received}. Choose its columns, and add an Input for the others.`,
    fixes,
  };
}
