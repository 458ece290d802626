import { TemplateBuilder } from './template.ts';
import type { SketchTemplate } from './template.ts';

export const longShortTerm: SketchTemplate = {
  id: 'lstm',
  title: 'LSTM',
  description: 'Reads a sequence step by step and remembers; a row of values is read as a sequence of single ones.',
  unsuited: ({ inputShape }) => {
    if (inputShape !== null && inputShape.length > 2) return 'For sequences and rows; this data has images.';
    return inputShape?.[0] === 1 ? 'For two steps or more; this data has one value in a row.' : null;
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
