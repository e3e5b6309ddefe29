/**
 * Topics in memory, behind the interface of the clients of Kafka that the example uses.
 *
 * @module
 */
import type { KafkaConsumer, KafkaProducer } from '../../../../examples/kafka-transport.ts';

type EachMessage = Parameters<KafkaConsumer['run']>[0]['eachMessage'];

/** A broker of messages: every consumer that is subscribed when one is sent gets it, one at a time. */
export class KafkaStandIn {
  readonly #consumers = new Set<{ readonly topics: string[]; take(value: Buffer): void }>();

  producer(): KafkaProducer {
    let isConnected = false;
    return {
      connect: async () => {
        isConnected = true;
      },
      disconnect: async () => {
        isConnected = false;
      },
      send: async ({ topic, messages }) => {
        if (!isConnected) throw new Error('the producer is disconnected');
        for (const consumer of this.#consumers) {
          if (consumer.topics.includes(topic)) for (const { value } of messages) consumer.take(value);
        }
      },
    };
  }

  consumer(): KafkaConsumer {
    const queue: Buffer[] = [];
    const topics: string[] = [];
    let eachMessage: EachMessage | undefined;
    let isBusy = false;
    const work = async () => {
      if (isBusy || eachMessage === undefined) return;
      isBusy = true;
      for (let value = queue.shift(); value !== undefined; value = queue.shift()) {
        await eachMessage({ message: { value } });
      }
      isBusy = false;
    };
    const take = (value: Buffer) => {
      queue.push(Buffer.from(value));
      void work();
    };
    const entry = { topics, take };
    return {
      connect: async () => void this.#consumers.add(entry),
      disconnect: async () => void this.#consumers.delete(entry),
      subscribe: async ({ topics: more }) => void topics.push(...more),
      run: async (config) => {
        ({ eachMessage } = config);
        // A topic may hold a record without a value.
        await eachMessage({ message: { value: null } });
        await work();
      },
    };
  }
}
