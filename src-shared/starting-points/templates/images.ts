import { conv, hidden, needsImages, TemplateBuilder } from './template.ts';
import type { SketchTemplate } from './template.ts';

export const convolutional: SketchTemplate = {
  id: 'cnn',
  title: 'CNN',
  description: 'Convolutions with pooling, then two dense layers with dropout: a first model for images.',
  unsuited: (fit) => needsImages(fit, 8),
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    sketch.add('Input');
    sketch.add('Conv2D', conv(32));
    sketch.add('MaxPooling2D');
    sketch.add('Conv2D', conv(64));
    sketch.add('Conv2D', conv(64));
    sketch.add('MaxPooling2D');
    sketch.add('Flatten');
    sketch.add('Dense', hidden(128));
    sketch.add('Dropout', { rate: 0.5 });
    sketch.end();
    return sketch.layers;
  },
};

/** Two stages of two residual units. Source: He et al., arXiv:1512.03385 (2015). */
export const residual: SketchTemplate = {
  id: 'resnet',
  title: 'Small ResNet',
  description: 'Residual units add their output to their input, so that deep networks train well; for images.',
  unsuited: (fit) => needsImages(fit, 8),
  build: (fit) => {
    const sketch = new TemplateBuilder(fit);
    const normalized = (filters: number, strides: number, activation: string | null, from?: number): number => {
      const params = {
        filters,
        kernelSize: [3, 3],
        padding: 'same',
        useBias: false,
        kernelInitializer: 'heNormal',
        ...(strides === 1 ? {} : { strides: [strides, strides] }),
      };
      sketch.add('Conv2D', params, from === undefined ? undefined : [from]);
      const last = sketch.add('BatchNormalization');
      return activation === null ? last : sketch.add('Activation', { activation });
    };
    const shortcut = (filters: number, strides: number, from: number): number => {
      sketch.add('Conv2D', { filters, kernelSize: [1, 1], strides: [strides, strides], useBias: false }, [from]);
      return sketch.add('BatchNormalization');
    };
    sketch.add('Input');
    let last = normalized(16, 1, 'relu');
    for (const [filters, strides] of [
      [16, 1],
      [16, 1],
      [32, 2],
      [32, 1],
    ] as const) {
      normalized(filters, strides, 'relu', last);
      const learned = normalized(filters, 1, null);
      const carried = strides === 1 ? last : shortcut(filters, strides, last);
      sketch.add('Add', {}, [carried, learned]);
      last = sketch.add('Activation', { activation: 'relu' });
    }
    sketch.add('GlobalAveragePooling2D');
    sketch.end();
    return sketch.layers;
  },
};
