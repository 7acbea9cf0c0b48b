package aws

import (
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// words collects what waits to be applied, in words.
type words []string

func addWord[T any](w *words, name string, value *T) {
	if value != nil {
		*w = append(*w, fmt.Sprintf("%s %v", name, *value))
	}
}

func clusterPending(p *types.ClusterPendingModifiedValues) []string {
	if p == nil {
		return nil
	}
	var w words
	addWord(&w, "identifier", p.DBClusterIdentifier)
	addWord(&w, "engine version", p.EngineVersion)
	addWord(&w, "IAM authentication", p.IAMDatabaseAuthenticationEnabled)
	addWord(&w, "backup retention in days", p.BackupRetentionPeriod)
	addWord(&w, "storage type", p.StorageType)
	addWord(&w, "allocated storage", p.AllocatedStorage)
	addWord(&w, "IOPS", p.Iops)
	if p.MasterUserPassword != nil {
		w = append(w, "a new master password")
	}
	if p.PendingCloudwatchLogsExports != nil {
		w = append(w, "other logs to CloudWatch")
	}
	return w
}

// memberPending tells of an instance's own parameter group, too: it says in-sync in
// one place and pending-reboot in another.
func memberPending(m types.DBInstance) []string {
	var w words
	if p := m.PendingModifiedValues; p != nil {
		addWord(&w, "identifier", p.DBInstanceIdentifier)
		addWord(&w, "class", p.DBInstanceClass)
		addWord(&w, "engine version", p.EngineVersion)
		addWord(&w, "certificate authority", p.CACertificateIdentifier)
		addWord(&w, "port", p.Port)
		addWord(&w, "storage type", p.StorageType)
		addWord(&w, "IAM authentication", p.IAMDatabaseAuthenticationEnabled)
		if p.MasterUserPassword != nil {
			w = append(w, "a new master password")
		}
	}
	for _, group := range m.DBParameterGroups {
		if status := sdk.ToString(group.ParameterApplyStatus); status != "" && status != "in-sync" {
			w = append(w, fmt.Sprintf("parameter group %s %s", sdk.ToString(group.DBParameterGroupName), status))
		}
	}
	return w
}
