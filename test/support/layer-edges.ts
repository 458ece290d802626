import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { GraphProblem } from '../../src-shared/document/schema/problem.ts';
import { constraintArguments } from '../../src-shared/layers/weights/constraint.ts';
import { layers } from '../../src-shared/layers/catalog/catalog.ts';
import type { LayerDefinition } from '../../src-shared/layers/definition/layer.ts';
import type { ParameterSpec } from '../../src-shared/layers/parameters/parameter-spec.ts';
import { regularizerArguments } from '../../src-shared/layers/weights/regularizer.ts';

/** Example shapes of every rank, with axes of size 1 and sizes without common divisors. */
const SHAPES: readonly (readonly number[])[] = [
  [1],
  [6],
  [1, 1],
  [5, 4],
  [1, 1, 1],
  [5, 4, 3],
  [4, 4, 2],
  [1, 1, 1, 1],
  [3, 4, 2, 2],
];

export interface LayerEdge {
  readonly kind: string;
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly inputs: readonly (readonly number[])[];
}

/** Every layer on inputs of every rank, with defaults and with each parameter at its limits. */
export function layerEdges(): LayerEdge[] {
  return layers
    .filter(({ kind }) => kind !== 'Input' && kind !== 'Output')
    .flatMap((layer) =>
      inputsOf(layer).flatMap((inputs) => variantsOf(layer).map((params) => ({ kind: layer.kind, params, inputs }))),
    );
}

function inputsOf({ inputs: { min, max } }: LayerDefinition): (readonly number[])[][] {
  if (max === 1) return SHAPES.map((shape) => [shape]);
  // Equal, broadcast, of another size, of another rank, and with one or three inputs.
  const pairs: (readonly number[])[][] = SHAPES.flatMap((shape) => [
    [shape, shape],
    [shape, shape.map(() => 1)],
    [shape, shape.with(0, shape[0]! + 1)],
    [shape, shape.slice(1)],
  ]).filter(([, second]) => second!.length > 0);
  const more = max > 2 ? SHAPES.map((shape) => [shape, shape, shape]) : [];
  return [...(min === 1 ? SHAPES.map((shape) => [shape]) : []), ...pairs, ...more];
}

/** Small sizes for parameters that determine the amount of computation. */
const SMALL = 7;

function variantsOf(layer: LayerDefinition): Record<string, JsonValue>[] {
  const base: Record<string, JsonValue> = {};
  for (const { name, default: standard } of layer.parameters) {
    if (typeof standard === 'number' && standard > SMALL) base[name] = 4;
  }
  return [base, ...layer.parameters.flatMap((spec) => edgesOf(spec).map((value) => ({ ...base, [spec.name]: value })))];
}

const LISTS = [[1], [2], [-1], [-2], [0], [1, 2], [2, 1], [1, 1], [0, 1, 2], [3, 2, 1], [2, 0, 1, 3]];

function edgesOf({ type }: ParameterSpec): JsonValue[] {
  switch (type.kind) {
    case 'integer':
    case 'number': {
      const most = Math.min(type.max, SMALL);
      const whole = [type.min, 1, 2, 3, most].filter((value) => value >= type.min && value <= type.max);
      const open = type.kind === 'number' && type.exclusiveMax === true && type.max === most;
      return [...new Set(whole)].filter((value) => !open || value < most);
    }
    case 'boolean':
      return [true, false];
    case 'choice':
    case 'activation':
      return type.options.map((option) => option.value);
    case 'sizes':
      return [1, 2, 3, SMALL]
        .filter((value) => value >= type.min)
        .flatMap((value) => [value, new Array<number>(type.axes).fill(1).with(-1, value)]);
    case 'integers':
      return LISTS.filter(({ length }) => length >= type.minLength && length <= type.maxLength);
    case 'margins':
      return LISTS.filter(({ length }) => length <= 2 * type.axes);
    case 'initializer':
      return ['orthogonal', 'identity'];
    case 'regularizer':
      return Object.keys(regularizerArguments);
    case 'constraint':
      return Object.keys(constraintArguments);
    default:
      return [];
  }
}

/** Inputs, the layer and an Output. */
export function edgeDocument({ kind, params, inputs }: LayerEdge): ModelDocument {
  const node = (id: string, of: string, values: Readonly<Record<string, JsonValue>>) => ({
    id,
    kind: of,
    name: id,
    params: { ...values },
    position: { x: 0, y: 0 },
    frozen: false,
  });
  const sources = inputs.map((shape, i) => node(`x${i}`, 'Input', { shape: [...shape] }));
  return {
    format: 'lamina.model',
    version: 6,
    name: 'edge',
    nodes: [...sources, node('layer', kind, params), node('output', 'Output', {})],
    edges: [
      ...sources.map(({ id }) => ({ id: `${id}-layer`, source: id, target: 'layer' })),
      { id: 'layer-output', source: 'layer', target: 'output' },
    ],
    blocks: [],
  };
}

/** Problems that analysis reports for the layer. */
export function edgeProblems(edge: LayerEdge): GraphProblem[] {
  const { problems } = analyze(edgeDocument(edge), null);
  return problems.filter(({ severity, nodeId }) => severity === 'error' && nodeId === 'layer');
}
