/** What JavaScript calls: one function an operation. */
export { keccakF1600 } from './keccak';
