export { CrowdWriter, type Sender } from './crowd-writer.js';
export { ConnectFailure, driverError, type ErrorClass } from './driver-error.js';
export { Pending, PendingList, type Borrower } from './pending.js';
export { Pinning, type PinnedJob, type PinnedSession, type PinningHost } from './pinning.js';
export { SourceLender } from './source-lender.js';
