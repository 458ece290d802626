import { evaluate } from './evaluate.ts';
import { constants, isCondition, precedences, unaryPrecedences, variablesOf } from './expression.ts';
import type { BinaryOperator, Expression } from './expression.ts';
import { worksAlongAxis } from './functions.ts';
import type { FunctionName } from './functions.ts';

/** Functions with another name in `keras.ops`. */
const names: Partial<Record<FunctionName, string>> = {
  min: 'minimum',
  max: 'maximum',
  logSoftmax: 'log_softmax',
  stopGradient: 'stop_gradient',
};

/** Precedence above all operators. */
const CLOSED = 10;

interface Python {
  readonly text: string;
  readonly precedence: number;
}

/**
 * A formula as a Python expression of `keras.ops`. Python's operators have the same precedence.
 *
 * @param variables Python name of each variable.
 */
export function formulaToPython(expression: Expression, variables: ReadonlyMap<string, string>): string {
  return new Printer(variables).number(expression).text;
}

class Printer {
  private readonly variables: ReadonlyMap<string, string>;

  constructor(variables: ReadonlyMap<string, string>) {
    this.variables = variables;
  }

  /** Prints a number; casts a condition to 1 or 0. */
  number(expression: Expression): Python {
    const { text, precedence } = this.print(expression);
    return isCondition(expression) ? call('cast', text, '"float32"') : { text, precedence };
  }

  private print(expression: Expression): Python {
    switch (expression.kind) {
      case 'number':
        return number(expression.value);
      case 'constant':
        return number(constants[expression.name]);
      case 'variable':
        return { text: this.variables.get(expression.name)!, precedence: CLOSED };
      case 'unary': {
        if (expression.operator === 'not') return call('logical_not', this.print(expression.operand).text);
        const precedence = unaryPrecedences['-'];
        return { text: `-${within(this.number(expression.operand), precedence)}`, precedence };
      }
      case 'binary':
        return this.binary(expression.operator, expression.left, expression.right);
      case 'call':
        // Functions of Keras require tensors.
        return variablesOf(expression).size === 0
          ? number(evaluate(expression, new Map()))
          : this.call(expression.name, expression.inputs);
    }
  }

  private binary(operator: BinaryOperator, left: Expression, right: Expression): Python {
    if (operator === 'and' || operator === 'or') {
      return call(`logical_${operator}`, this.print(left).text, this.print(right).text);
    }
    const [a, b] = [this.number(left), this.number(right)];
    const precedence = precedences[operator];
    if (operator === '^') return { text: `${within(a, precedence + 1)} ** ${within(b, precedence)}`, precedence };
    return { text: `${within(a, precedence)} ${operator} ${within(b, precedence + 1)}`, precedence };
  }

  private call(name: FunctionName, inputs: readonly Expression[]): Python {
    const texts = inputs.map((input, i) => (name === 'where' && i === 0 ? this.print(input) : this.number(input)).text);
    if (worksAlongAxis(name, texts.length)) {
      const keeps = name === 'softmax' || name === 'logSoftmax' ? [] : ['keepdims=True'];
      const own = name === 'min' || name === 'max' ? name : (names[name] ?? name);
      return call(own, ...texts, 'axis=-1', ...keeps);
    }
    if (name === 'clip') return call('minimum', call('maximum', texts[0]!, texts[1]!).text, texts[2]!);
    const own = names[name] ?? name;
    if (name !== 'min' && name !== 'max') return call(own, ...texts);
    return { text: texts.reduce((a, b) => call(own, a, b).text), precedence: CLOSED };
  }
}

function number(value: number): Python {
  return { text: String(value), precedence: value < 0 ? unaryPrecedences['-'] : CLOSED };
}

function call(name: string, ...inputs: readonly string[]): Python {
  return { text: `keras.ops.${name}(${inputs.join(', ')})`, precedence: CLOSED };
}

function within({ text, precedence }: Python, least: number): string {
  return precedence >= least ? text : `(${text})`;
}
