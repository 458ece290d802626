import { hidden, needsRows, TemplateBuilder } from './template.ts';
import type { SketchTemplate } from './template.ts';

/** Hard parameter sharing. Source: R. Caruana, Machine Learning 28 (1997). */
export const multiOutput: SketchTemplate = {
  id: 'multi-output',
  title: 'One output for each target',
  description: 'All targets share two layers; each has a separate layer, Output, loss and metrics.',
  note: ({ features }) => {
    const names = features?.targets.map(({ name }) => name) ?? [];
    return names.length < 2 ? null : `Here: ${names.length <= 4 ? names.join(', ') : `${names.length} targets`}.`;
  },
  unsuited: ({ features }) => {
    if (features === undefined) return 'Choose data first: each of its targets gets an Output.';
    const [first, ...more] = features.targets;
    if (first === undefined || more.length > 0) return null;
    return `This data has one target, ${first.name}. Mark another column as target on the Data page, or use the template “Auxiliary output”.`;
  },
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    sketch.add('Input');
    sketch.flatten();
    sketch.add('Dense', hidden(100));
    const shared = sketch.add('Dense', hidden(50));
    for (const target of fit.features?.targets ?? []) {
      sketch.endFor(target, [sketch.add('Dense', hidden(30), [shared])]);
    }
    return sketch.layers;
  },
};

/** Source: Szegedy et al., arXiv:1409.4842 (2014); Lee et al., arXiv:1409.5185 (2014). */
export const auxiliaryOutput: SketchTemplate = {
  id: 'auxiliary-output',
  title: 'Auxiliary output',
  description:
    'Wide & deep with a second Output after the hidden layers, which has a tenth of the loss and keeps them useful.',
  unsuited: needsRows,
  goals: { main: { lossWeight: 0.9 }, auxiliary: { lossWeight: 0.1 } },
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    const input = sketch.add('Input');
    sketch.add('Dense', hidden(30));
    const deep = sketch.add('Dense', hidden(30));
    const joined = sketch.add('Concatenate', {}, [input, deep]);
    sketch.end([joined], 'main');
    sketch.end([deep], 'auxiliary');
    return sketch.layers;
  },
};
