package preflight

import (
	"context"
	"fmt"
	"time"

	"tandem/internal/cloud"
)

// fullDisk is the share of a disk that leaves too little room for binlogs.
const fullDisk = 0.8

// checkDisk wants room for the binlogs: longer retention, and a source or rollback
// target that goes on for months, take disk.
func checkDisk(ctx context.Context, _ *state, v *server) ([]Finding, error) {
	i := v.instance()
	if i == nil {
		return none(notCloudSQL)
	}
	bytes, what, err := v.diskBytes(ctx)
	if err != nil {
		return hidden(err)
	}
	return diskOf(i, bytes, what)
}

func diskOf(i *cloud.Instance, bytes int64, what string) ([]Finding, error) {
	limit := i.DiskGB
	if i.DiskAutoResize {
		limit = i.DiskLimitGB // 0 is without a limit
	}
	if limit == 0 || float64(bytes) < fullDisk*float64(limit<<30) {
		if i.DiskAutoResize || i.DiskGB == 0 {
			return nil, nil
		}
		return one(Warn, "the disk does not grow by itself: an instance whose disk is full stops", fmt.Sprintf("storageAutoResize is off, the disk has %d GB; %s", i.DiskGB, what),
			gcloud(i, "instances patch", "--storage-auto-increase"))
	}
	fix := gcloud(i, "instances patch", "--storage-auto-increase")
	if i.DiskAutoResize {
		fix = gcloud(i, "instances patch", fmt.Sprintf("--storage-auto-increase-limit=%d", 2*limit))
	}
	return one(Warn, "the disk is nearly full", fmt.Sprintf("%s, and it can have %d GB", what, limit), fix)
}

// diskBytes is what data and binlogs take.
func (v *server) diskBytes(ctx context.Context) (int64, string, error) {
	var data, logs int64
	err := v.db.QueryRowContext(ctx, "SELECT CAST(IFNULL(SUM(DATA_LENGTH+INDEX_LENGTH+DATA_FREE), 0) AS SIGNED) FROM information_schema.TABLES").Scan(&data)
	if err != nil {
		return 0, "", fmt.Errorf("ask for the size of the data: %w", err)
	}
	if v.facts.LogBin {
		if logs, err = logBytes(ctx, v); err != nil {
			return 0, "", err
		}
	}
	what := fmt.Sprintf("data takes %d MiB, binlogs %d MiB", data>>20, logs>>20)
	if keep := v.facts.BinlogRetention; keep > 0 && v.facts.LogBin {
		what += fmt.Sprintf(", kept for %s", keep.Round(time.Second))
	}
	return data + logs, what, nil
}

func logBytes(ctx context.Context, v *server) (total int64, err error) {
	rows, err := v.db.QueryContext(ctx, "SHOW BINARY LOGS")
	if err != nil {
		return 0, fmt.Errorf("list binlogs: %w", err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, fmt.Errorf("list binlogs: %w", err)
	}
	for rows.Next() {
		var size int64
		to := make([]any, len(columns))
		for i, c := range columns {
			to[i] = new(any)
			if c == "File_size" {
				to[i] = &size
			}
		}
		if err := rows.Scan(to...); err != nil {
			return 0, fmt.Errorf("list binlogs: %w", err)
		}
		total += size
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("list binlogs: %w", err)
	}
	return total, nil
}
