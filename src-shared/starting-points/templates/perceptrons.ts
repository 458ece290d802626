import { hidden, needsRows, TemplateBuilder } from './template.ts';
import type { SketchTemplate } from './template.ts';

export const regressor: SketchTemplate = {
  id: 'mlp-regressor',
  title: 'MLP for a number',
  description: 'Three hidden layers of 50 units with ReLU and one output: a first model for tables.',
  unsuited: (fit) =>
    fit.output !== null && fit.output.activation !== 'linear' ? 'For a number; this target has classes.' : null,
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    sketch.add('Input');
    sketch.flatten();
    for (const units of [50, 50, 50]) sketch.add('Dense', hidden(units));
    sketch.end();
    return sketch.layers;
  },
};

export const classifier: SketchTemplate = {
  id: 'mlp-classifier',
  title: 'MLP for classes',
  description: 'Hidden layers of 300 and 100 units with ReLU and probabilities as output: a first model for classes.',
  unsuited: (fit) =>
    fit.output !== null && fit.output.activation === 'linear' ? 'For classes; this target is a number.' : null,
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    sketch.add('Input');
    sketch.flatten();
    for (const units of [300, 100]) sketch.add('Dense', hidden(units));
    sketch.end();
    return sketch.layers;
  },
};

/** Self-normalizing network. Source: Klambauer et al., arXiv:1706.02515 (2017). */
export const selfNormalizing: SketchTemplate = {
  id: 'selu-stack',
  title: 'Deep SELU stack',
  description:
    'Twenty self-normalizing layers of 100 units: SELU, LeCun initialization, alpha dropout. Standardize the inputs.',
  unsuited: () => null,
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    sketch.add('Input');
    sketch.flatten();
    for (let layer = 0; layer < 20; layer++) {
      sketch.add('Dense', { units: 100, activation: 'selu', kernelInitializer: 'lecunNormal' });
    }
    sketch.add('AlphaDropout', { rate: 0.1 });
    sketch.end();
    return sketch.layers;
  },
};

/** Source: Cheng et al., arXiv:1606.07792 (2016). */
export const wideAndDeep: SketchTemplate = {
  id: 'wide-and-deep',
  title: 'Wide & deep',
  description: 'Joins the inputs with the output of two hidden layers: learns simple rules and complex patterns.',
  unsuited: needsRows,
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    const input = sketch.add('Input');
    sketch.add('Dense', hidden(30));
    const deep = sketch.add('Dense', hidden(30));
    const joined = sketch.add('Concatenate', {}, [input, deep]);
    sketch.end([joined]);
    return sketch.layers;
  },
};
