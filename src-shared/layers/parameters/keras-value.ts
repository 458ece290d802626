/** An argument of Keras: plain JSON, an object of Keras (an initializer, a wrapped layer), or Python that JSON cannot hold. */
export type KerasValue = null | boolean | number | string | readonly KerasValue[] | KerasObject | KerasExpression;

/** `keras.initializers.HeNormal(seed=1)`. */
export interface KerasObject {
  /** 'layers', 'initializers', 'regularizers', 'constraints'. */
  readonly module: string;
  readonly className: string;
  readonly config: KerasArguments;
}

/** Python code; a JSON configuration cannot hold it. */
export interface KerasExpression {
  readonly python: string;
}

export type KerasArguments = Readonly<Record<string, KerasValue>>;

/** 'useBias' → 'use_bias'. */
export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** 'use_bias' → 'useBias'. */
export function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** 'heNormal' → 'HeNormal'. */
export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** 'HeNormal' → 'heNormal'. */
export function uncapitalized(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
