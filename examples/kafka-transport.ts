/**
 * Fragments over Kafka: an adapter for the clients that have the interface of KafkaJS, such as
 * `@confluentinc/kafka-javascript`, which its maker keeps.
 *
 *     import { KafkaJS } from '@confluentinc/kafka-javascript';
 *     const kafka = new KafkaJS.Kafka({ kafkaJS: { brokers: ['kafka:9092'] } });
 *     const producer = kafka.producer({ kafkaJS: { acks: 1, idempotent: false } });
 *     const consumer = kafka.consumer({ kafkaJS: { groupId: crypto.randomUUID(), fromBeginning: false } });
 *     const transport = await kafkaTransport({ producer, consumer, send: 'to-analysis', receive: 'to-probe' });
 *
 * A group of its own for each process, read from the end: what lies in the topic from before is over, and a group that two
 * processes share would give each of them only a part. What Kafka keeps on its disks cannot be opened after its time; that is
 * what the fragments are for. Its retention (`retention.ms`) is housekeeping.
 */
import {
  createTransport,
  type FragmentTransport,
  type TransportOptions,
} from '@mwrasp/crypto/fragment/transport';

/** What is used of a producer. */
export interface KafkaProducer {
  connect(): Promise<void>;
  send(record: { topic: string; messages: { value: Buffer }[] }): Promise<unknown>;
  disconnect(): Promise<void>;
}

/** What is used of a consumer. */
export interface KafkaConsumer {
  connect(): Promise<void>;
  subscribe(topics: { topics: string[] }): Promise<void>;
  run(config: {
    eachMessage: (payload: { message: { value: Buffer | null } }) => Promise<void>;
  }): Promise<void>;
  disconnect(): Promise<void>;
}

/** Options of {@link kafkaTransport}. */
export interface KafkaTransportOptions extends TransportOptions {
  readonly producer: KafkaProducer;
  readonly consumer: KafkaConsumer;
  /** The topic to send to. */
  readonly send: string;
  /** The topic to receive from. */
  readonly receive: string;
}

/** A transport over two topics. It connects both clients, and disconnects them when it is closed. */
export async function kafkaTransport(options: KafkaTransportOptions): Promise<FragmentTransport> {
  const { producer, consumer, send, receive, ...rest } = options;
  const handle = createTransport(
    {
      name: 'kafka',
      send: async (message) => {
        await producer.send({ topic: send, messages: [{ value: Buffer.from(message) }] });
      },
      close: async () => {
        await Promise.all([producer.disconnect(), consumer.disconnect()]);
      },
    },
    rest,
  );
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topics: [receive] });
  await consumer.run({
    // Nothing is thrown from here: the client would give the same message again and again.
    eachMessage: async ({ message }) => {
      if (message.value !== null) handle.receive(Uint8Array.from(message.value));
    },
  });
  return handle.transport;
}
