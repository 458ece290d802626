import { precedences, unaryPrecedences } from './expression.ts';
import type { Expression } from './expression.ts';

/** Precedence above all operators. */
const CLOSED = 10;

/** A formula as text with the fewest parentheses. Parsing it gives the same tree. */
export function printExpression(expression: Expression): string {
  return printed(expression).text;
}

function printed(expression: Expression): { text: string; precedence: number } {
  switch (expression.kind) {
    case 'number':
      return { text: String(expression.value), precedence: expression.value < 0 ? unaryPrecedences['-'] : CLOSED };
    case 'variable':
    case 'constant':
      return { text: expression.name, precedence: CLOSED };
    case 'call': {
      const inputs = expression.inputs.map(printExpression);
      return { text: `${expression.name}(${inputs.join(', ')})`, precedence: CLOSED };
    }
    case 'unary': {
      const { operator, operand } = expression;
      const precedence = unaryPrecedences[operator];
      const text = within(operand, precedence + 1, isSigned(operand));
      return { text: operator === '-' ? `-${text}` : `not ${text}`, precedence };
    }
    case 'binary': {
      const { operator, left, right } = expression;
      const precedence = precedences[operator];
      const rightMost = operator === '^';
      const leftText = within(left, rightMost || precedence === precedences['<'] ? precedence + 1 : precedence, false);
      const rightText = within(right, rightMost ? precedence : precedence + 1, isSigned(right));
      const text = rightMost ? `${leftText}^${rightText}` : `${leftText} ${operator} ${rightText}`;
      return { text, precedence };
    }
  }
}

/** Adds parentheses if the precedence is below `least`. @param open No parentheses in any case. */
function within(expression: Expression, least: number, open: boolean): string {
  const { text, precedence } = printed(expression);
  return precedence >= least || open ? text : `(${text})`;
}

/** A minus sign may follow any operator: a * -b. */
function isSigned(expression: Expression): boolean {
  return expression.kind === 'unary' && expression.operator === '-';
}
