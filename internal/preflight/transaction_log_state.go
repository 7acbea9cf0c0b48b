package preflight

import "context"

// checkTransactionLogState explains where Cloud SQL keeps what it can restore from:
// only what is on the disk can be streamed.
func checkTransactionLogState(_ context.Context, s *state) ([]Finding, error) {
	i := s.on(Source).instance()
	if i == nil {
		return none(notCloudSQL)
	}
	switch state := i.TransactionLogState; state {
	case "", "DISK", "TRANSACTIONAL_LOG_STORAGE_STATE_UNSPECIFIED":
		return nil, nil
	case "CLOUD_STORAGE":
		return one(Info, "a part of the transaction logs is in Cloud Storage, for restoring only: what can be streamed is what SHOW BINARY LOGS lists",
			seen("transactionalLogStorageState", state), "")
	default:
		return one(Warn, "Cloud SQL is moving the transaction logs to another place, and binlogs may be purged sooner than they were",
			seen("transactionalLogStorageState", state), "wait until it is done: "+gcloud(i, "instances describe", "--format='value(settings.backupConfiguration.transactionalLogStorageState)'"))
	}
}
