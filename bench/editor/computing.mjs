// `npm run bench:computing`
//
// Times the computations of the window after an edit, without a window: milliseconds, the minimum of ten rounds, and
// the limit on a core of about 2.5 GHz. The exit status is 1 if one exceeds its limit.
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { fittingLayers } from '../../src-shared/diagnostics/fitting-layers.ts';
import { parseFormula } from '../../src-shared/expression/parse.ts';
import { printExpression } from '../../src-shared/expression/print.ts';
import { layout } from '../../src-shared/canvas/layout/layout.ts';
import { routesOf } from '../../src-shared/canvas/layout/routes.ts';
import {
  classFeatures,
  cnnDocument,
  configurationWith,
  dense,
  mlpDocument,
  sequentialDocument,
} from '../../test/support/documents.ts';
import { arranged, placesOf, randomGraph, uNet } from '../../test/support/graphs.ts';

const ROUNDS = 10;
const images = classFeatures([28, 28, 1], 10);
const stack = sequentialDocument([...Array.from({ length: 500 }, () => dense(64, 'relu')), dense(10, 'softmax')]);
const formula = 'x' + '+x'.repeat(499);

/** @type {[what: string, mostMs: number, work: () => unknown][]} */
const works = [
  ['analysis of 500 layers', 20, () => analyze(stack, classFeatures([64], 10))],
  ['compilation of the MLP', 10, () => compileModel(mlpDocument(), images, configurationWith({}))],
  ['compilation of the CNN', 10, () => compileModel(cnnDocument(), images, configurationWith({}))],
  ['layers that fit an image', 200, () => fittingLayers([null, 28, 28, 1])],
  ['reading and printing a formula of 1,000 characters', 5, () => printExpression(parseFormula(formula, ['x']))],
];
for (const [name, make] of [
  ['a random graph', (/** @type {number} */ count) => randomGraph(7, count)],
  ['a U-Net', (/** @type {number} */ count) => uNet((count - 3) / 2)],
]) {
  for (const [count, mostMs] of [
    [500, 250],
    [2000, 3000],
  ]) {
    const graph = arranged(make(count), 'down');
    const places = placesOf(graph);
    works.push([`layout of ${name} of ${count} layers`, mostMs, () => layout(graph, 'down')]);
    works.push([`connections of ${name} of ${count} layers`, mostMs, () => routesOf(places, graph.edges, 'down')]);
  }
}

for (const [what, mostMs, work] of works) {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    work();
    least = Math.min(least, performance.now() - startedAt);
  }
  console.log(`${least <= mostMs ? '✓' : '✗'} ${what}: ${least.toFixed(1)} ms of at most ${mostMs} ms`);
  if (least > mostMs) process.exitCode = 1;
}
