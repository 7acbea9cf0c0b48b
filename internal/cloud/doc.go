// Package cloud holds what tandem knows of managed databases without their
// SDKs: facts about a Cloud SQL instance and an Aurora cluster, the changes tandem
// makes to them, and errors that a caller decides on.
//
// Package gcp and package aws speak to the clouds and answer in these words;
// preflight checks, plan steps and status read them. So whoever only reads facts
// is not linked with an SDK, and a test needs no cloud.
//
//	tandem.yaml ─► gcp, aws (SDK clients) ─► cloud.Instance, cloud.Cluster ─► checks, steps, status
//
// What a cloud does takes minutes and outlives whoever asked for it. Therefore
// every change has a name that the caller chooses and keeps in its journal before
// it asks: asked for again after a crash, the change under that name is found, not
// made a second time.
package cloud
