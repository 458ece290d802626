import { expect, test } from 'vitest';
import { withDefaultExecutor } from '../../src-main/engines/tensorflow/graph/executors.ts';
import { DataType } from '../../src-main/engines/tensorflow/graph/graph-def.ts';
import type { FunctionDef, NodeDef } from '../../src-main/engines/tensorflow/graph/graph-def.ts';
import { buildSessionGraph } from '../../src-main/engines/tensorflow/session-graph.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { classFeatures, configurationWith, dense, sequentialDocument } from '../support/documents.ts';

/**
 * GPU requirements that graphs can be checked for: functions called by `Case` and `While` run on one device, and
 * TensorFlow 2.21 registers no int32 `VarHandleOp` and `ResourceGather` for GPUs.
 */

const compiled = compileModel(
  sequentialDocument([
    { kind: 'Reshape', params: { targetShape: [40, 2] } },
    { kind: 'LSTM', params: { units: 4 } },
    dense(3, 'softmax'),
  ]),
  classFeatures([80], 3),
  configurationWith({ optimizer: { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } }),
);
if (!compiled.ok) throw new Error(compiled.problems[0]!.message);
const graph = buildSessionGraph(compiled.model, [1, 5], 'SINGLE_THREADED_EXECUTOR');

test('functions that run on the GPU hold no int32 variables', () => {
  const chosen = graph.nodes.flatMap(({ op, attributes }) =>
    op === 'Case' && attributes['branches']?.kind === 'functions' ? attributes['branches'].value : [],
  );
  const functions = graph.functions.filter(({ name }) => chosen.includes(name));
  expect(functions.length).toBeGreaterThan(0);
  const kept = functions.flatMap(({ nodes }) =>
    nodes.filter(({ op }) => op === 'VarHandleOp' || op === 'ResourceGather'),
  );
  expect(kept.length).toBeGreaterThan(0);
  for (const { attributes } of kept) expect(attributes['dtype']).not.toEqual({ kind: 'type', value: DataType.int32 });
});

test('withDefaultExecutor replaces the single-threaded executor in nodes and functions', () => {
  const executors = (nodes: readonly NodeDef[], functions: readonly FunctionDef[]) =>
    new Set(
      [nodes, ...functions.map((definition) => definition.nodes)]
        .flat()
        .flatMap(({ attributes: { executor_type: executor } }) =>
          executor?.kind === 'string' ? [executor.value] : [],
        ),
    );
  expect(executors(graph.nodes, graph.functions)).toEqual(new Set(['SINGLE_THREADED_EXECUTOR']));
  const { nodes, functions } = withDefaultExecutor(graph);
  expect(executors(nodes, functions)).toEqual(new Set(['']));
});
