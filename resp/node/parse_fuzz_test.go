package node

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// FuzzParse holds that no text of INFO, however broken, is taken for a Redis that we
// can work with unless it names its run id and role, or makes us keep without bound; and
// that what could be a Redis's is read as it is by the obvious way.
func FuzzParse(f *testing.F) {
	paths, _ := filepath.Glob("testdata/info/*.txt")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, seed := range []string{
		"# Server\r\nrun_id:" + anID + "\r\n# Replication\r\nrole:master\r\nconnected_slaves:1\r\nslave0:ip=10.0.0.1,port=6379,state=online,offset=1,lag=0\r\n",
		"run_id:" + anID + "\r\nrole:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:1\r\nmaster_link_status:down\r\nmaster_link_down_since_seconds:-1\r\n",
		"run_id:" + anID + "\nrole:slave\nmaster_last_io_seconds_ago:9223372036854775807\nslave_priority:x\n",
		"role:master\r\n", "slave99999999999:ip=,port=\r\nrun_id:\r\n", "db0:keys=1,expires=0\r\ndb1:keys=9223372036854775807\r\nrun_id:" + anID + "\r\nrole:master", ":", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(text)
		if err != nil {
			return
		}
		switch {
		case !isID(s.RunID) || s.ReplID != "" && !isID(s.ReplID) || s.ReplID2 != "" && !isID(s.ReplID2):
			t.Errorf("ids %q, %q, %q", s.RunID, s.ReplID, s.ReplID2)
		case s.Offset < 0 || s.ReplicaOffset < 0 || s.SecondOffset < -1 || s.Keys < 0 || s.Priority < 0:
			t.Errorf("numbers %d, %d, %d, %d, %d", s.Offset, s.ReplicaOffset, s.SecondOffset, s.Keys, s.Priority)
		case len(s.Info) > mostInfo || len(s.Version) > mostShown || len(s.MasterAddr.Host) > mostShown:
			t.Errorf("%d bytes of INFO, of the version %d, of the host %d", len(s.Info), len(s.Version), len(s.MasterAddr.Host))
		case s.Role != sentinel.RoleMaster && s.Role != sentinel.RoleReplica:
			t.Errorf("role %q", s.Role)
		case s.LinkDownFor < 0 || s.LastIO < 0:
			t.Errorf("times %s and %s", s.LinkDownFor, s.LastIO)
		case len(s.Attached) > maxAttached:
			t.Errorf("%d replicas", len(s.Attached))
		case orderly(text) && !reflect.DeepEqual(s, parseByMap(text)):
			t.Errorf("%+v, want\n%+v", s, parseByMap(text))
		}
	})
}
