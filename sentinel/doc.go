// Package sentinel is the model of a monitored Redis set and all decisions about
// it. It is pure: values in, values out. A Machine takes observations and gives
// orders back; it has no clock, no socket, no goroutine, and knows neither
// Kubernetes nor the wire. It imports the standard library only.
//
// # The problem
//
// A Redis without persistence that crashes on Kubernetes is restarted by the
// kubelet within about a second: same pod, same address, no data, or data of any
// age that a full sync had left on its disk. Whoever takes
// an address for a master now lets the empty process be one, and its replicas
// copy the emptiness. Being quicker than the kubelet is a race; this package does
// not run it.
//
// # Three rules that hold at any speed
//
//  1. Every Redis boots as a replica of Nowhere (127.0.0.1:1, on its command
//     line). It refuses writers, and refuses replicas that try to sync from it.
//     Only a Promote order ends that.
//  2. A master is a Process: pod UID and run id. An empty successor at the same
//     address is another process, and the master is lost in that moment. No
//     timeout is involved.
//  3. The Record decides, and it changes only by compare-and-swap. An order to
//     promote goes to the process that the record names as Target, on a
//     connection on which its run id was read; a restart breaks the connection.
//
// So between two of our steps nothing can happen that loses data by itself: the
// replicas keep theirs until something in the record says whom to copy.
//
// # Phases
//
//	(none) --first start--> Promoting --------> Stable <------> Switching
//	                            ^                 |                 |
//	                            +---- gone -------+                 |
//	                            +--- Failing <-- silent             |
//	                            +------------- gone, or demoted ----+
//
// What a Machine that leads does next depends on the phase and on what it knows
// of the master's process (beginSomething):
//
//	no record                          first start: wait for the set, adopt or choose, beside nobody who is heard of
//	another StatefulSet, nobody lives  the same, with the epoch of before (anew.go)
//	Promoting                          promote the target, or the next best if it is gone, fenced or refuses
//	Switching                          go on if the old master was demoted, else go back
//	Failing                            wait for the fence, go back if the master answers
//	Stable, mode observe               write down whom others made master, and nothing else
//	Stable, master gone                failover
//	Stable, master made a replica      failover, it is a candidate itself
//	Stable, master silent              fence it, unless a replica hears of it
//	Stable, master refuses us          ask the replicas; gone, or as if silent (refused.go)
//	Stable, its pod is about to go     switchover
//	Stable, failover asked for         switchover
//	Stable, its node is silent         switchover, if a ready pod is elsewhere
//	Stable, its node is cordoned       switchover, if a better place is known
//	Stable                             replicas follow, labels, lineage, write fence
//
// # A crash
//
// Freeze every replica that answers (they keep their data and their place in the
// stream, and their offsets stand still), read the record and the pods live,
// choose, commit Promoting with the target, promote, point the others at it,
// commit Stable. Subscribers hear +switch-master when queries give the new answer.
//
// Who refuses to be frozen is told so for as long as those are waited for that are slow, and is
// then only read (balk.go). If it says that it is a replica it is no second master, and the best
// of those that stand still is promoted; if nobody else has the data, it is waited for as one is
// that does not answer.
//
// # A planned switch
//
// Commit Switching with the target, pause the master's writes, wait until the
// target has all, make the master a replica, promote the target, commit Stable,
// then let the old one follow and cut its clients. Clients are cut last, because a
// client that is cut asks for the master at once and must hear of the new one. Who asked a
// replica of the service that had not heard of it yet, and is refused a write there, is cut once
// more (late.go); who only reads or publishes there stays until it asks again.
// There is no moment with two masters, and no acknowledged write that the new one
// does not have.
//
// # Whom to choose
//
// Only a process whose replication id is of the master's lineage: offsets of
// different lineages cannot be compared, and an offset of 0 does not mean empty. A
// promotion only renames: what lies before it is the same under both ids, so that who
// did not hear of it yet is compared with those who did. The most data wins over a
// better place, also in a pod that is about to go: it hands over then.
// Among these the rules in choose.go, each of which a Decision names: where the master lives
// and hands over, whoever is chosen will have everything, so that places come first, and in
// a failover after the data: a node that is heard of, and is not cordoned, a pod that is
// ready, and one that a rollout does not replace next. Every choice and
// every refusal to choose keeps its candidates, as many as a record has room for, and its
// reason: in the record, in the log, as a Kubernetes Event, and as the answer to SENTINEL WHY.
//
// # What a first reading proves
//
// A set may keep data on its disks, and a leader may know nothing but the record: its
// container was restarted beside the master's, and it leads again at once. A process that
// restarted with an old copy from its disk has the lineage's id, too, and must not be taken
// while another one may be back with a newer one (newerOnDisk). So it matters whether a
// process has followed somebody in its own life:
//
//   - Its link is up, or it is down since a while (LinkWasUp): a link was established after
//     the process began, or after it was master last. Redis keeps that in memory alone, as
//     it keeps its run id; the first reading has it as well as any later one, also after the
//     replicas were frozen, when they name no master any more. What it received then is
//     judged by its lineage, as always: a link to somebody else leaves another id.
//   - It is a process that the record names as master, now, before or next: then it lives
//     since.
//   - Whom it is to follow proves nothing. A Redis that restarted is told so by the leader
//     before, or by somebody's hand, and may never have reached it.
//   - That it has the lineage's id proves nothing: an RDB file has it.
//
// The data of a master that was alone gets another id with its first replica, and the record
// has that some milliseconds later. Until then the id of a replica with such a past is
// evidence as well, if it names the master's address: nobody else can have the master's data.
// A leader that comes when the replicas stand still already waits for the others, up to 10 s.
//
// # Who may still come back
//
// When no process lives that followed the master, others are waited for (comeback.go). All
// may have been away for longer than anybody is waited for, as in CrashLoopBackOff, and then
// come back within a moment. So the wait begins with the first one that is back:
//
//   - It has the master's data from its disk: all pods of the set are waited for, for 10 s
//     at most. If all go down again the next one is the first, with the rest of these 10 s:
//     one that comes and goes alone is promoted in the end. A new leader waits anew.
//   - It brought other data: the same. Others of this set may bring the master's.
//   - It is empty: 10 s from the loss on, or 2 s if these are over, and the second that it
//     may take to reach those who were back within that.
//   - It is still loading, or does not answer: nobody knows what it has. An older copy waits
//     for it as for those that are not back; the set does not begin empty for failover-timeout.
//
// # Sets in memory only
//
// Full syncs put the data on a disk for a while, and a process that was killed before it had
// loaded that, or after somebody's SAVE, leaves it there for its successor: of the lineage,
// and of any age. In a set that is declared memory-only (memoryonly.go) this is not the set's
// data. The chart sees to it that there is nothing; this package does not rely on that.
//
//   - Has data: who has followed somebody in its own life, as above, and who the record names.
//     That it was promoted in its own life, two masters ago, and has followed nobody since, is
//     not known. All others have nothing, whatever they say, and nobody waits for them.
//   - They are never chosen for what they have, and readers are not told of them.
//   - Where nobody has data, that is a total loss, and told: as for empty processes, a person is
//     asked first if the set's options say so. Without a record, too.
//   - Then all that was found is dropped before anybody is promoted. A replica cannot drop its
//     data, and a master that has it would serve it, so it is a master within one transaction
//     alone (Empty): nobody reads or writes in between, and its end is no other than before.
//     What it has then has an id of its own, so that no other process with such data
//     can go on from there by a partial resync.
//   - Emptying is as safe as promoting: it goes to a process that was just read and found
//     to have followed nobody, on that very connection, which a newer leader ends before
//     it promotes or attaches the process. It can be repeated, and leaves no trace that a
//     next leader would have to know of.
//
// An append-only file has no replication id, so that those who restart with one cannot be
// compared. The pod of the last master goes on then.
//
// # A silent node
//
// A kubelet that is dead, or does not reach the API server, says nothing of its Redis, which
// may live. After 40 to 50 s the node controller takes the condition Ready from the node's
// pods, and leaves ContainersReady as it was: by that the pod alone shows whose fault it is.
// Plain Services have no master from then on, until the pod is evicted after five minutes. A
// master that answers hands over to one whose pod is ready, a second later. Nobody moves for
// a failed readiness probe, nor where nobody is ready, nor twice within a minute: those who
// were cut off together are told so one by one. And nobody moves back, since only a place
// that is better than the master's is a reason (place.go).
//
// # A rollout
//
// Pods are replaced from the highest ordinal down, and only by being deleted. A master that
// is deleted goes to a pod that was replaced already, so it is switched once, unless it has
// the highest ordinal: then nobody is new when it goes, whoever it goes to is still to be
// replaced, and it takes two. It goes to the one that is replaced last then, and among new
// pods to the lowest ordinal, which is replaced last the next time. A set of n pods so takes
// n switches in n-1 rollouts, and no order takes fewer: the pods that are new when the master
// with ordinal k is deleted have higher ones, or are all the others when k is 0.
//
// A set that shrinks to one pod while that one is replaced goes as a whole at once. Its master
// hands over to a pod that goes for good, and is there until the successor can take over
// (bridges).
//
// # A master that refuses connections
//
// The kernel refuses for a process that has ended; a firewall that rejects, and a mesh's
// proxy that accepts and hangs up, do so for one that lives, too. The end of a process ends the
// links of its replicas in the same moment, so these are asked: who has a link to the master
// and keeps it is left as it is, whoever has none any more is frozen, in one order. If one
// keeps it the master is as good as silent, and no more, until no replica has a link there and
// the kubelet says, too, that it has ended: a link may break while a process lives. Where no
// replica had a link to tell by, or all stand still by our order since the master was silent or
// is handing over, the kubelet's word counts: it sees the end of a process within a
// second or two. What it finds ready, and nobody else hears of, is waited for as long as
// failover-timeout, from when somebody heard of it last.
//
// # A silent master
//
// A lost node, a cut network and a frozen process look alike: no answer, and no
// end of the connection. After down-after the replicas are asked; if one hears of
// the master, only we are cut off and nothing is done. One that answers PING and cannot be
// read, as with an ACL, is waited for a while and tells nothing then. Else Failing is committed,
// the replicas are detached, and the master is left to its own write fence
// (fence.go): with min-replicas-to-write m it refuses writes when fewer than m
// replicas acknowledge, at the latest min-replicas-max-lag + 2 s after they left; the longest
// that it may have been told, since a person may have changed it a moment ago.
// On an idle connection that it had accepted before lies a pill, which makes a
// process that wakes a replica of nobody before it serves what clients sent later.
// A master that answers before its fence has closed stays what it was.
//
// One that answers PING with an error (MISCONF) is silent, too, but takes the pill, and is
// as good a replica as the others then. Another one with as much data is preferred to it.
// If it has more it is chosen once more; if it is no good then either, one with less
// takes over, and if nobody else has its data it is left alone.
//
// Where nothing is known to have stopped it a person may decide, for one pod and for a while
// (byhand.go). That is met once, is void when the master answers, and counts for nobody else.
//
// # Two who believe they lead
//
// The leader Lease gives liveness only, so it may be taken quickly: a holder that neither
// answers the others nor renews is given up after two or three seconds (package k8s). One that
// renews and reaches no Redis (Sight) says so in its Lease, and is relieved by another one that
// does. Where nobody reaches any, nothing changes hands.
// What keeps two leaders from making two masters is in four rules. The first three are
// switched off in the simulator, to show that they are needed; the fourth stands behind
// them:
//
//  1. The record changes by compare-and-swap, so targets are ordered by epoch.
//  2. Nobody is promoted while a process that the record names (the master, and the
//     target of a promotion that was not finished) is not proven harmless: it is
//     gone, or it answered as a replica in this operation, or it is starved of
//     replicas by the fence that the record knows of (dangerous).
//  3. A new leader writes its term, then ends the connections of older terms to
//     each process, and its own old ones, then reads it (alone). What was sent on
//     them before shows in that reading. An older leader that connects later finds the
//     new one's connection before it gives its first order, and gives none. The names of
//     connections are sealed: no client of Redis can pass for a leader.
//     Nobody is made a replica before the term was written either (takeOver): a record
//     that takes our term is not an old one.
//  4. A promotion goes out only on the connection on which its process was read in
//     this operation, and between the two lies a successful write of the record.
//
// # Clocks
//
// A Machine is told the time with each observation, and only ever compares such times
// with each other: they are readings of one process's monotonic clock, which no step of
// the wall clock moves. Nothing that is decided depends on a time that another computer
// wrote, but until when a person's decision holds (byhand.go); Since and At in the record are for people. The one foreign clock that counts is
// that of a Redis, by which it counts the lag of its replicas.
//
// Two services over one set are no two leaders of one record: each has its own, and its own
// seal. The older record wins, and the other service leaves the set alone (Set.Rival).
//
// # Versions beside each other
//
// While the service is upgraded or gone back, replicas of two versions answer, any of them
// may lead, and any of them writes what SENTINEL SET changes. stored.go has the rules for
// whoever adds to the record; they hold from format 2 on:
//
//   - Who does not know a field leaves it there (package k8s). It goes with the process or
//     the choice that it belongs to, and is dropped with it.
//   - Who may write what is the same in all versions: phases, masters and all else that is
//     decided come from the leader alone, in its term; options and requests from any replica,
//     and only while the master is stable. All by compare-and-swap.
//   - A record that needs a later version, or whose phase is not known, is left alone: no
//     order, no write, no failover, whoever leads. Clients are answered by it, those who want
//     to change something are refused with the reason, and people are told (RecordTooNew).
//   - So a release that makes use of Needs follows one that understands what it needs, and
//     a service is gone back by one such release at a time.
//
// # Others' sets
//
// A set that was not born fenced is adopted as it is, and told as NotBornFenced: an empty
// restart of its master is a master until it is noticed, so speed is its only shield. In
// mode observe others go on to promote, and the record follows them (adopt.go).
// A set without a record gets no new master while one of its processes hears of a master that
// is not reached, or did within failover-timeout: it lives, or is elsewhere (coldstart.go).
//
// # Promises, and what shows them
//
// TestSim is make sim: here with the real Machine and a model of package monitor, so that
// a seed replays a schedule exactly; in package monitor with whole replicas of the service.
// Chaos is make chaos; stories are those of testdata/decisions.
//
//	P1 never two masters for those who follow us   TestSim, chaos; stories stale-leader, frozen, island, five-pods-three-silent
//	P2 no replica copies an empty process          e2e TestCrash, story quick-restart; make race; TestSim, chaos
//	P3 a planned switch loses nothing              e2e TestDeletePod, TestUpgrade, TestDrain; TestSim (planned), chaos
//	P4 a crash loses what nobody had received      e2e TestCrash; TestSim (crashes, disks)
//	P5 epochs never fall, answers move forward     TestSim, chaos; conformance TestPolledState
//	P6 an event comes after its answer             store.CommitMaster, then publish (monitor.show); chaos
//	   planned changes are few and soon           TestSim (silent nodes, rollouts); e2e TestUpgrade, TestSilentKubelet
//	P7 no client can stop the service              make hostile; packages resp, resp/node and hostile
//	P8 a restart of the service touches no Redis   e2e TestServiceRestart, story service-restart
//	P9 nothing comes back from a disk that the set has not  make memory-only; TestSim (memory only); e2e TestMemoryOnlyWithADisk
//
// # Faults, and where each is told and tried
//
// The second column is a story of testdata/decisions, the third a test on real processes:
// of integration/e2e, or a kind of fault of integration/chaos in quotes. All but the
// adoption, and what is told and nothing is done about, are faults of the simulator, too.
//
//	first start, whole or short of a pod      crash, first-start-short   TestInstall
//	nobody is let in, pods are missing        no-master                  TestNoMasterAndWhy
//	restart of the service                    service-restart, fence-late  TestServiceRestart, "kill all service replicas"
//	crash, restarted at once                  crash, quick-restart       TestCrash, "kill master"
//	crash, and the leader restarts in place   leader-restarts, leader-restarts-early  TestLeaderRestartsBesideACrash
//	killed for its memory again and again     unsteady                   TestDyingPod, "OOM loop of master"
//	its object alone, by force                deleted-by-force           stories alone
//	pod deleted                               switchover                 TestDeletePod, "delete master"
//	eviction, drain                           eviction, cordon           TestDrain, "drain master's node"
//	kubelet dead, Redis alive                 node-silent                TestSilentKubelet
//	node lost                                 frozen                     TestLostNode, "cut master from all"
//	node lost with the leader on it           node-lost                  TestLostNode, "lose master's node"
//	and a person decides                      by-hand, by-hand-once, by-hand-unused, by-hand-unread  TestByHand
//	and a pod waits for a node                never-ran                  stories alone
//	process frozen, and awake again           frozen, switch-frozen      TestFrozenMaster, "freeze master"
//	frozen, and a replica's pod replaced      frozen-and-replaced        TestReplicaReplacedMeanwhile
//	only the service is cut off               witness, witness-asked     "cut service from master"
//	leader reaches no Redis, others do        none: it decides nothing  TestBlindLeader, "cut leader from all Redis", "cut leader from all Redis and kill master"
//	nobody reaches any Redis                  none: it decides nothing  "cut service from all Redis"
//	a member refuses INFO                     witness-unreadable         TestDetachUnread, TestPillUnread, "refuse commands"
//	and some replicas with it                 only-we-are-cut-off        "cut service from master"
//	replicas listed with foreign addresses    foreign-addresses          TestMesh
//	strangers among a master's replicas       strangers                  stories alone
//	a firewall refuses the service alone      refused, refused-cut-off, refused-alone, refused-handing-over, refused-for-long, refused-for-long-unfenced, refused-link-breaks, refused-link-breaks-unfenced, refused-failing TestMesh, "firewall rejects service from master"
//	master cut off from the API server        none: nobody notices       none: Redis does not use it
//	master cut off with some clients          island                     "cut master from all but clients"
//	a set without a write fence               two-pods, two-pods-unfenced  TestVersions
//	more silent than the fence allows for     five-pods, five-pods-three-silent  "cut master from replicas"
//	leader cut off from the API server        stale-leader, stale-record "cut leader from API server"
//	two who believe they lead                 stale-leader, stale-freeze TestTwoLeaders, "freeze leader"
//	a record with a term from a backup        overtaken                  stories alone
//	upgrade of the service, and back          none: two binaries         TestVersionsBeside
//	a record of a later version               too-new                    TestLaterRecord
//	a client is led back to the former master  none: late_test.go                     TestLateClientIsCut
//	a client with a leader's name             none: nobody believes it   TestForgedName
//	a set gets another name under its pods    none: k8s, renamed.txt     TestRenamedUnderItsPods
//	a master with all clients that it may have  none: its replicas hear it  TestMasterWithoutRoom
//	a replica that cannot read its copy       none: told with versions   TestUnreadableIsTold
//	leader ends at any step                   leader-dies, switch-half, fence-half  TestLeaderKilled; chaos: deaths of the leader
//	target dies or falls silent               target-dies, target-silent TestTargetLost
//	the best replica refuses at first         candidate-refuses          stories alone
//	master cannot be read half-way            switch-unread              stories alone
//	no replica catches up                     switch-in-vain, switch-second-best  stories alone
//	master refuses its write fence            fence-refused, fence-taken  stories alone
//	target refuses its promotion              target-refuses, target-refuses-alone, switch-refused  "refuse commands and kill master"
//	target refuses to stand still             target-balks               "refuse commands and kill master"
//	a new leader cannot read the master       leader-cannot-read         stories alone
//	all processes gone, without data          total-loss, manual-loss    TestTotalLoss, "kill all of a set"
//	all processes gone, with data on disk     restart-with-data, restart-with-older-data, restart-with-log  TestAllRestartWithData
//	the same, in a set in memory only         memory-only, memory-only-manual, memory-only-first, memory-only-empty-held  TestMemoryOnlyWithADisk, "kill all of a set with old data on disk"
//	one lives, others find old data           memory-only-one-lives      TestMemoryOnlyWithADisk
//	and back after a long back-off            restart-after-back-off, restart-of-one, empty-first  TestAllRestartWithData
//	and with much to load                     restart-loading, away-for-long, first-start-loading  stories alone
//	the master ends while a replica loads its copy  loads-newer          stories alone
//	replica restarts                          replica                    TestCrash, "kill replica"
//	rolling update, rollback                  rolling-update, rollback   TestUpgrade, "rolling restart"
//	labels denied, REPLICAOF refused          label-denied               stories alone
//	a pod's containers end for good           no-address                 stories alone
//	and the service starts after it           no-address-restart         stories alone
//	only one that is never to be master has the data  priority-zero      stories alone
//	the Lease with the record is deleted      lease-deleted              stories alone
//	min-replicas-max-lag is changed           max-lag                    stories alone
//	a first start beside a master that only replicas hear  first-start-heard, first-start-silent  stories alone
//	installed again over its Lease            made-anew                  TestInstalledAgain
//	StatefulSet made anew over its pods       orphaned                   TestOrphaned
//	two services over one set                 rival                      TestTwoServices
//	scaling                                   scale-down                 TestScale
//	shrinks to one, with another template     shrink-and-replace         TestShrinkAndReplace
//	pods that begin with another ordinal      ordinals                   none: a set of one cluster, story alone
//	API server away                           api-away, end-then-silence TestAPIServerAway, TestAPIServerAwayMidway
//	and most of the set with it               none: each replica for itself, cutoff.go  TestCutOffNamesNobody
//	a foreign hand: REPLICAOF, CONFIG SET     foreign-hand               TestForeignHand
//	full syncs that come to no end            syncs-repeat               TestStrain
//	memory near the container's limit         memory-near-limit          TestStrain
//	LOADING, BUSY, MISCONF, password, garbage bad-answers                TestBadAnswers
//	a master with MISCONF, without replicas   ill-master, ill-master-ahead, ill-master-alone, ill-master-by-hand  TestBadAnswers
//	an address of somebody else               stranger                   TestForeignTenant
//	a replica that claims what it cannot have claim                      stories alone
//	a member that does not stand still        disobeys                   TestSetWithHostileMembers
//	adoption, observed first                  adopt, observe             TestAdoption
//	observed in the middle of a failover      observe-midway             stories alone
//
// # What is not promised
//
// If every process that held the data is gone, it is gone: the set begins empty
// (on-total-loss: accept) or waits for a person (manual). In a set that is not declared
// memory-only, it begins with what processes found on their disks, however old that is, and
// without a word where it is of the lineage; what a pod has on its disk is lost if it comes back, or has loaded it, more than 10 s after another one with an older
// copy. A pod object that was deleted by force counts as gone once its Redis does not
// answer, though the process may run on behind a cut network. A set in which no replica is
// attached has no write fence: its silent master is left alone (MasterNotFenced), and so is
// one that lists a stranger who acknowledges what it gets, and may feed it; where members are
// listed with foreign addresses, that may be one that ended before the leader had read of its
// link. A master that lives
// behind a firewall which refuses the service counts as gone where no replica has a link to it
// and the kubelet does not find its pod ready; and one whose connections all end at once and are
// refused from then on, as where a proxy before it restarts, looks like one that has ended. A frozen
// virtual machine may serve, when it wakes, writes that its kernel had queued before the
// pill. If it was cut off from its replicas while it was frozen, and no pill lies there
// either (it was cut off from the leader, too, or the leader began after the freeze), it
// does so until it counts its replicas the next time, within a second, or until the last
// acknowledgements that it finds in its sockets are older than min-replicas-max-lag. A
// Redis whose wall clock is set back counts its replicas as near for so much longer. What a
// cut-off master takes from clients that are cut off with it, until its fence stops it, is
// lost; and what it takes from them when the network is back sooner than after repl-timeout,
// since acknowledgements that its replicas' kernels had kept open the fence once more, until
// the leader has demoted it (a second at most on real nodes, docs/real-nodes.md). A pod that lost three processes in ten minutes is passed over even if it has
// received a little more than one that followed the master, and so is a master that answers
// PING with an error again after it was chosen for that. An unfenced Redis of somebody else
// that gets a master's address in the very moment of its end, and knows its password, can
// be copied before the replicas are detached.
package sentinel
