import { portsNamed } from '../../../document/schema/ports.ts';
import { emitExpression } from '../../../expression/emit.ts';
import { variablesOf } from '../../../expression/expression.ts';
import { formulaFault, parseFormula } from '../../../expression/parse.ts';
import { formulaToPython } from '../../../expression/python.ts';
import { showShape, ShapeError } from '../../../program/language/shape.ts';
import type { Shape, ValueId } from '../../../program/language/types.ts';
import { formulaParametersOf, formulaVariables, INPUT_NAMES } from '../../parameters/layer-formula.ts';
import type { FormulaParameter } from '../../parameters/layer-formula.ts';
import type { LayerContext, LayerDefinition } from '../../definition/layer.ts';
import { anyMask } from '../../definition/masks.ts';
import { mergeProblem, rankOf, widened } from '../merging/elementwise-merges.ts';
import type { ParameterValues } from '../../parameters/resolve-parameters.ts';

export const formula: LayerDefinition = {
  kind: 'Formula',
  family: 'merge',
  otherNames: ['lambda', 'custom', 'function', 'expression'],
  description: 'Computes a formula of your own over its inputs a, b, c, …',
  formula: 'f(a, b, …)',
  inputs: { min: 1, max: INPUT_NAMES.length, ports: portsNamed(...INPUT_NAMES) },
  parameters: [
    {
      name: 'formula',
      label: 'Formula',
      help: 'Of the inputs a, b, c, d, f, … and the parameters below; x is a.',
      default: 'a',
      type: { kind: 'formula' },
    },
    {
      name: 'parameters',
      label: 'Parameters',
      help: 'Numbers that the formula names and training changes.',
      default: [],
      type: { kind: 'formulaParameters' },
      keras: 'none',
    },
    {
      name: 'standsFor',
      label: 'Stands for',
      help: 'What the layer was in the file that it comes from. It computes nothing.',
      default: '',
      type: { kind: 'note' },
      advanced: true,
      keras: 'none',
    },
  ],
  mask: 'use',
  keras: {
    missing: true,
    write(params, _, inputs) {
      const lambda = lambdaOf(params, inputs.length);
      return lambda === null ? {} : { lambda };
    },
  },
  summarize: ({ formula: text }) => (String(text).trim() === '' ? 'no formula yet' : String(text)),
  checkParameters: (params, inputs) => {
    const { text, parameters, variables } = read(params, inputs);
    if (text.trim() === '') {
      const code =
        params['standsFor'] === '' ? '' : ` In the file it is ${String(params['standsFor'])}, which is never run.`;
      const message = `expected a formula; received none.${code} Write a formula that computes the same of ${inputs === 1 ? 'its input a' : 'its inputs a, b, …'}.`;
      return { param: 'formula', message, edit: 'Write the formula' };
    }
    const fault = formulaFault(text, variables);
    if (fault !== null) return { param: 'formula', message: `has a formula that cannot be read. ${fault.message}` };
    const used = variablesOf(parseFormula(text, variables));
    const unused = parameters.find(({ name }) => !used.has(name));
    if (unused !== undefined) {
      const message = `expected its parameters in the formula; received none of ${unused.name}. Use ${unused.name}, or remove it.`;
      return { param: 'parameters', message };
    }
    if (variables.slice(0, inputs + 1).some((name) => used.has(name))) return null;
    const message = `expected an input in its formula; received none. Write a for the ${inputs === 1 ? 'input' : 'first input'}.`;
    return { param: 'formula', message };
  },
  check: (_, shapes) => (shapes.length === 1 ? null : mergeProblem(shapes)),
  emit: (context) => {
    const { builder, params, inputs, inputShapes, masks } = context;
    const { text, parameters, variables } = read(params, inputs.length);
    const rank = rankOf(inputShapes);
    const scope = new Map<string, ValueId>();
    inputs.forEach((input, i) => {
      const shape = inputShapes[i]!;
      scope.set(INPUT_NAMES[i]!, shape.length === rank ? input : builder.reshape(input, widened(shape, rank)));
    });
    scope.set('x', scope.get(INPUT_NAMES[0]!)!);
    for (const parameter of parameters) scope.set(parameter.name, weightOf(context, parameter));
    const output = emitExpression(builder, parseFormula(text, variables), scope);
    requireExamples(builder.shapeOf(output));
    // Steps of one rank do not line up with those of another: no mask then.
    const aligned = inputShapes.every((shape) => shape.length === rank);
    return { output, mask: aligned ? anyMask(builder, masks) : null };
  },
};

/** Whether a layer of a file, whose code is not read, waits for a formula. */
export function isPlaceholder({ kind, params }: { readonly kind: string; readonly params: ParameterValues }): boolean {
  return kind === 'Formula' && params['formula'] === '';
}

function read(
  params: ParameterValues,
  inputs: number,
): { text: string; parameters: readonly FormulaParameter[]; variables: readonly string[] } {
  const parameters = formulaParametersOf(params['parameters']);
  return { text: String(params['formula']), parameters, variables: formulaVariables(inputs, parameters) };
}

/** float32 [1], or [size of the last axis], all at the parameter's initial value. */
function weightOf({ inputShapes, weight }: LayerContext, { name, initial, perValue }: FormulaParameter): ValueId {
  const sizes = inputShapes.map((shape) => shape.at(-1) ?? 1);
  return weight({
    name,
    shape: [perValue ? Math.max(...sizes) : 1],
    initializer: { name: 'constant', value: initial },
    trainable: true,
  });
}

/** The formula may have cut out the inputs, as a^0 does. */
function requireExamples(shape: Shape): void {
  if (shape[0] === null) return;
  throw new ShapeError(`Expected values for each example; received ${showShape(shape)}. Use an input where it counts.`);
}

/** A Python function; null where the formula has parameters, or cannot be read. */
function lambdaOf({ formula: text, parameters = [] }: ParameterValues, inputs: number): string | null {
  const variables = formulaVariables(inputs, []);
  if (typeof text !== 'string' || !Array.isArray(parameters) || parameters.length > 0) return null;
  if (formulaFault(text, variables) !== null) return null;
  const [argument, at] = inputs === 1 ? ['x', () => 'x'] : ['inputs', (index: number) => `inputs[${index}]`];
  const names = INPUT_NAMES.slice(0, inputs).map((name, index) => [name, at(index)] as const);
  const python = formulaToPython(parseFormula(text, variables), new Map([...names, ['x', at(0)]]));
  return `lambda ${argument}: ${python}`;
}
