import type { Lowerings } from './context.ts';

/** Formulas in src-shared/program/language/types.ts. */
export const optimizerLowerings: Lowerings<'applyGradientDescent' | 'applyMomentum' | 'applyAdam'> = {
  applyGradientDescent(context, { inputs, outputs: [output] }) {
    const { writer } = context;
    const [variable, learningRate, gradient] = inputs.map((input) => context.get(input));
    context.bind(output!, writer.node('Sub', [variable!, writer.node('Mul', [learningRate!, gradient!])]));
  },
  applyMomentum(context, { attributes: { nesterov }, inputs, outputs: [newVariable, newVelocity] }) {
    const { writer } = context;
    const [variable, velocity, learningRate, momentum, gradient] = inputs.map((input) => context.get(input));
    const step = writer.node('Mul', [learningRate!, gradient!]);
    const next = writer.node('Sub', [writer.node('Mul', [momentum!, velocity!]), step]);
    const change = nesterov ? writer.node('Sub', [writer.node('Mul', [momentum!, next]), step]) : next;
    context.bind(newVariable!, writer.node('Add', [variable!, change]));
    context.bind(newVelocity!, next);
  },
  applyAdam(context, { attributes, inputs, outputs: [newVariable, newM, newV] }) {
    const { writer } = context;
    const { beta1, beta2, epsilon } = attributes;
    const [variable, m, v, learningRate, beta1Power, beta2Power, gradient] = inputs.map((input) => context.get(input));
    const one = writer.float(1);
    const correction = writer.node('Div', [
      writer.node('Sqrt', [writer.node('Sub', [one, beta2Power!])]),
      writer.node('Sub', [one, beta1Power!]),
    ]);
    const alpha = writer.node('Mul', [learningRate!, correction]);
    const towards = (slot: string, target: string, rate: number): string =>
      writer.node('Add', [slot, writer.node('Mul', [writer.node('Sub', [target, slot]), writer.float(rate)])]);
    const nextM = towards(m!, gradient!, 1 - beta1);
    const nextV = towards(v!, writer.node('Mul', [gradient!, gradient!]), 1 - beta2);
    const denominator = writer.node('Add', [writer.node('Sqrt', [nextV]), writer.float(epsilon)]);
    const change = writer.node('Div', [writer.node('Mul', [alpha, nextM]), denominator]);
    context.bind(newVariable!, writer.node('Sub', [variable!, change]));
    context.bind(newM!, nextM);
    context.bind(newV!, nextV);
  },
};
