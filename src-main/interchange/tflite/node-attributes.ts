/** Attributes of a node as the JSON of a GraphDef has them. */
export type NodeAttribute = Readonly<Record<string, unknown>>;

export const int = (value: number): NodeAttribute => ({ i: value });
export const float = (value: number): NodeAttribute => ({ f: value });
export const bool = (value: boolean): NodeAttribute => ({ b: value });
export const text = (value: string): NodeAttribute => ({ s: Buffer.from(value).toString('base64') });
export const ints = (values: readonly number[]): NodeAttribute => ({ list: { i: values } });
/** 'DT_FLOAT'. */
export const type = (name: string): NodeAttribute => ({ type: name });
export const shape = (sizes: readonly number[]): NodeAttribute => ({ shape: { dim: sizes.map((size) => ({ size })) } });
