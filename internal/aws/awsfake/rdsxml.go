package awsfake

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
)

// The shapes of RDS's answers. Only what tandem reads is here.

type xmlTag struct {
	Key   string
	Value string
}

type xmlCluster struct {
	DBClusterIdentifier              string
	DBClusterArn                     string
	Engine, EngineVersion, Status    string
	Endpoint, ReaderEndpoint         string
	CustomEndpoints                  []string `xml:"CustomEndpoints>member"`
	Port                             int
	DBClusterMembers                 []xmlClusterMember `xml:"DBClusterMembers>DBClusterMember"`
	DBClusterParameterGroup          string
	DBSubnetGroup                    string
	VpcSecurityGroups                []xmlSecurityGroup `xml:"VpcSecurityGroups>VpcSecurityGroupMembership"`
	IAMDatabaseAuthenticationEnabled bool
	DeletionProtection               bool
	BacktrackWindow                  int64 `xml:",omitempty"`
	BackupRetentionPeriod            int
	LatestRestorableTime             string
	ReplicationSourceIdentifier      string `xml:",omitempty"`
	CloneGroupId                     string
	TagList                          []xmlTag           `xml:"TagList>Tag"`
	PendingModifiedValues            *xmlClusterPending `xml:",omitempty"`
	ServerlessV2ScalingConfiguration *xmlScaling        `xml:",omitempty"`
}

type xmlClusterPending struct{ EngineVersion string }

type xmlScaling struct{ MinCapacity, MaxCapacity float64 }

type xmlSecurityGroup struct{ VpcSecurityGroupId, Status string }

type xmlClusterMember struct {
	DBInstanceIdentifier          string
	IsClusterWriter               bool
	DBClusterParameterGroupStatus string
}

type xmlInstance struct {
	DBInstanceIdentifier    string
	DBClusterIdentifier     string
	DBInstanceClass         string
	DBInstanceStatus        string
	Engine                  string
	Endpoint                *xmlEndpoint `xml:",omitempty"`
	CACertificateIdentifier string
	PubliclyAccessible      bool
	DBParameterGroups       []xmlParameterGroup `xml:"DBParameterGroups>DBParameterGroup"`
	PendingModifiedValues   *xmlPending         `xml:",omitempty"`
	TagList                 []xmlTag            `xml:"TagList>Tag"`
}

type xmlEndpoint struct {
	Address string
	Port    int
}

type xmlParameterGroup struct{ DBParameterGroupName, ParameterApplyStatus string }

type xmlPending struct {
	DBInstanceClass string `xml:",omitempty"`
}

type xmlSnapshot struct {
	DBClusterSnapshotIdentifier string
	DBClusterIdentifier         string
	SnapshotType, Status        string
	PercentProgress             int
	SnapshotCreateTime          string `xml:",omitempty"`
	AllocatedStorage            int
}

type xmlParameter struct {
	ParameterName  string
	ParameterValue *string `xml:",omitempty"`
	ApplyType      string
	IsModifiable   bool
	Source         string
	ApplyMethod    string `xml:",omitempty"`
}

type xmlBlueGreen struct {
	BlueGreenDeploymentIdentifier, BlueGreenDeploymentName, Source, Target, Status string
}

// queryAnswer wraps a result the way the query protocol does.
func queryAnswer(op, namespace, requestID string, result any) answer {
	var body bytes.Buffer
	fmt.Fprintf(&body, "<%sResponse xmlns=%q>", op, namespace)
	if err := xml.NewEncoder(&body).EncodeElement(result, xml.StartElement{Name: xml.Name{Local: op + "Result"}}); err != nil {
		return queryError(&problem{status: 500, code: "InternalFailure", message: err.Error()})
	}
	fmt.Fprintf(&body, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>", requestID, op)
	return answer{status: 200, contentType: "text/xml", body: body.Bytes()}
}

func queryError(p *problem) answer {
	type detail struct{ Type, Code, Message string }
	body, err := xml.Marshal(struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Error     detail
		RequestId string
	}{Error: detail{Type: "Sender", Code: p.code, Message: p.message}, RequestId: "fake-request"})
	if err != nil {
		body = fmt.Appendf(nil, "<ErrorResponse><Error><Code>%s</Code></Error></ErrorResponse>", p.code)
	}
	return answer{status: p.status, contentType: "text/xml", body: body}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func tagList(tags map[string]string) []xmlTag {
	var list []xmlTag
	for _, key := range sortedKeys(tags) {
		list = append(list, xmlTag{Key: key, Value: tags[key]})
	}
	return list
}
