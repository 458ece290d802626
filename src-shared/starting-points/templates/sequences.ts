import { TemplateBuilder } from './template.ts';
import type { SketchTemplate } from './template.ts';

export const longShortTerm: SketchTemplate = {
  id: 'lstm',
  title: 'LSTM',
  description: 'Two LSTM layers for sequences; a row of values is read as a sequence of single values.',
  unsuited: ({ inputShape }) => {
    if (inputShape !== null && inputShape.length > 2) return 'For sequences and rows; this data has images.';
    return inputShape?.[0] === 1 ? 'For two or more steps; this data has one value per row.' : null;
  },
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    sketch.add('Input');
    if (fit.inputShape?.length === 1) sketch.add('Reshape', { targetShape: [-1, 1] });
    sketch.add('LSTM', { units: 32, returnSequences: true });
    sketch.add('LSTM', { units: 32 });
    sketch.end();
    return sketch.layers;
  },
};
