/**
 * Streams and iterations, for every Node that the library supports.
 *
 * @module
 */

/** Everything that an iteration yields, or the error it ends with. */
export async function collect<T>(source: AsyncIterable<T> | Iterable<T> | ReadableStream<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const piece of source as AsyncIterable<T>) all.push(piece);
  return all;
}

/** A web stream of given pieces, whatever they are. */
export function webStream<T = Uint8Array>(pieces: AsyncIterable<T> | Iterable<T>): ReadableStream<T> {
  const from = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  return new ReadableStream<T>({
    async pull(controller) {
      const { done, value } = await from.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await from.return?.();
    },
  });
}
