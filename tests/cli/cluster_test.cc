// The program on a Redis Cluster: flags, variables and files that name one, and what it shows.
#include <fstream>
#include <string>

#include "cli/program.h"
#include "support/redis_cluster.h"
#include "support/seats.h"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kNode[] = "redis://127.0.0.1:1";
constexpr char kRoot[] = "redis://127.0.0.1:2";
constexpr char kOtherRoot[] = "redis://127.0.0.1:3";

Words With(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Nobody is there: what would have voted is in the error.
Finished Acquire(const Words& flags, const std::vector<std::string>& env = {}) {
  return RunAlone(With({"acquire", "-n", "a"}, flags), env);
}

auto Asks(const Words& names) {
  std::vector<::testing::Matcher<std::string>> all;
  for (const std::string& name : names) all.push_back(HasSubstr(name));
  return ::testing::AllOfArray(all);
}

TEST(ClusterFlagsTest, OneClusterHasSeats) {
  const Finished end = Acquire({"--cluster", std::string(kRoot) + "," + kOtherRoot});
  EXPECT_EQ(end.exit_status, 69) << end;
  EXPECT_THAT(end.err, Asks({"{54h}", "{fjl}", "{1x3}", "127.0.0.1:2", "127.0.0.1:3"}));
  const Finished five = Acquire({"--cluster", kRoot, "--seats", "5", "--groups", "2", "--json"});
  EXPECT_EQ(Json::parse(five.out)["error"]["votes"].size(), 5U) << five;
}

TEST(ClusterFlagsTest, SeveralClustersAndNodesHaveOneVoteEach) {
  EXPECT_THAT(Acquire({"--cluster", kRoot, "--cluster", kOtherRoot}).err,
              Asks({"{fjl}@127.0.0.1:2", "{fjl}@127.0.0.1:3"}));
  EXPECT_THAT(Acquire({"--nodes", kNode, "--cluster", kRoot}).err,
              Asks({"127.0.0.1:1", "{fjl}@127.0.0.1:2"}));
}

TEST(ClusterFlagsTest, WithoutNodesTheVariableNamesTheCluster) {
  const std::string variable = std::string("HOLDFAST_CLUSTER=") + kRoot;
  EXPECT_THAT(Acquire({}, {variable}).err, Asks({"{fjl}"}));
  const Finished nodes = Acquire({}, {variable, std::string("HOLDFAST_NODES=") + kNode});
  EXPECT_THAT(nodes.err, AllOf(HasSubstr("127.0.0.1:1"), Not(HasSubstr("{fjl}"))));
}

TEST(ClusterFlagsTest, AFlagWinsOverVariables) {
  const std::string nodes = std::string("HOLDFAST_NODES=") + kNode;
  EXPECT_THAT(Acquire({"--cluster", kRoot}, {nodes}).err,
              AllOf(HasSubstr("{fjl}"), Not(HasSubstr("127.0.0.1:1"))));
  EXPECT_THAT(Acquire({"--nodes", kNode}, {"HOLDFAST_CLUSTER=nonsense"}).err,
              AllOf(HasSubstr("127.0.0.1:1"), Not(HasSubstr("{fjl}"))));
}

TEST(ClusterFlagsTest, AFileNamesTheClusterAndItsSeats) {
  const TempDir dir;
  const std::string path = dir.File("holdfast.yaml");
  std::ofstream(path) << "cluster: [" << kRoot << "]\nseats: 5\n";
  const auto votes = [&](const Words& flags) {
    return Json::parse(Acquire(With({"--config", path, "--json"}, flags)).out)["error"]["votes"];
  };
  EXPECT_EQ(votes({}).size(), 5U);
  EXPECT_EQ(votes({"--seats", "7"}).size(), 7U);
  EXPECT_EQ(votes({"--cluster", kOtherRoot}).size(), 5U) << "the same cluster, by another node";
  EXPECT_EQ(votes({"--nodes", kNode}).size(), 1U);
}

TEST(ClusterFlagsTest, BadFlagsAre64AndNamed) {
  const std::vector<std::pair<Words, std::string>> cases = {
      {{"--cluster", "redis://u:s3cr3t@h:0"}, "--cluster"},
      {{"--cluster", "redis://u:s3cr3t@h/3"}, "--cluster"},
      {{"--cluster", "redis://h,redis://u:s3cr3t@h"}, "--cluster"},
      {{"--cluster", kRoot, "--cluster", kRoot}, "127.0.0.1:2"},
      {{"--nodes", kRoot, "--cluster", kRoot}, "127.0.0.1:2"},
      {{"--nodes", kNode, "--seats", "5"}, "--seats"},
      {{"--nodes", kNode, "--groups", "2"}, "--groups"},
      {{"--cluster", kRoot, "--cluster", kOtherRoot, "--seats", "5"}, "--seats"},
      {{"--cluster", kRoot, "--seats", "8"}, "--seats"},
      {{"--cluster", kRoot, "--groups", "0"}, "--groups"},
  };
  for (const auto& [flags, named] : cases) {
    const Finished end = Acquire(flags);
    EXPECT_EQ(end.exit_status, 64) << ::testing::PrintToString(flags) << end;
    EXPECT_THAT(end.err, AllOf(HasSubstr(named), Not(HasSubstr("s3cr3t"))));
  }
}

TEST(ClusterFlagsTest, BadVariablesAndFilesAre78AndNamed) {
  for (const std::string bad : {"http://h", "redis://u:s3cr3t@h:0", "redis://h/3", "unix:///s"}) {
    const Finished end = Acquire({}, {"HOLDFAST_CLUSTER=" + bad});
    EXPECT_EQ(end.exit_status, 78) << bad << end;
    EXPECT_THAT(end.err, AllOf(HasSubstr("HOLDFAST_CLUSTER"), Not(HasSubstr("s3cr3t"))));
  }
  const TempDir dir;
  const std::string path = dir.File("holdfast.yaml");
  std::ofstream(path) << "clusters: [[" << kRoot << "], [" << kRoot << "]]\n";
  const Finished twice = Acquire({"--config", path});
  EXPECT_EQ(twice.exit_status, 78) << twice;
  EXPECT_THAT(twice.err, AllOf(HasSubstr(path), HasSubstr("127.0.0.1:2")));
  const Finished none = Acquire({});
  EXPECT_EQ(none.exit_status, 78) << none;
  EXPECT_THAT(none.err, AllOf(HasSubstr("--cluster"), HasSubstr("HOLDFAST_CLUSTER")));
}

class ClusterProgramTest : public ::testing::Test {
 protected:
  // Nobody ever held a lock there.
  Finished Run(const Words& words) { return Started(words)->Wait(); }

  std::unique_ptr<Process> Started(const Words& words) {
    std::vector<std::string> argv = ProgramWith(words);
    argv.insert(argv.begin() + 2, {"--new-installation", "--cluster", cluster_[0].url()});
    return std::make_unique<Process>(argv);
  }

  std::string ServerOf(const std::string& tag) {
    return cluster_[cluster_.MasterOf(tag)].address();
  }

  RedisCluster cluster_{3, 0};
};

TEST_F(ClusterProgramTest, ALockExcludesOthersAndIsShownSeatBySeat) {
  const auto held =
      Started({"run", "--owner", "alice", "a", "--", "sh", "-c", "echo up; sleep 60"});
  ASSERT_TRUE(held->WaitForOutput("up"));
  const Finished refused = Run({"run", "-n", "a", "--", "true"});
  EXPECT_EQ(refused.exit_status, 75) << refused;
  EXPECT_THAT(refused.err, HasSubstr("held by alice"));

  const Finished inspected = Run({"inspect", "a", "--json"});
  const Json seen = Json::parse(inspected.out);
  EXPECT_EQ(seen["state"], "held") << inspected;
  EXPECT_EQ(seen["holder"], "alice");
  EXPECT_EQ(seen["quorum"], 2);
  ASSERT_EQ(seen["nodes"].size(), kSeatTags.size());
  for (std::size_t i = 0; i < kSeatTags.size(); ++i) {
    EXPECT_EQ(seen["nodes"][i]["node"], kSeatTags[i]);
    EXPECT_EQ(seen["nodes"][i]["server"], ServerOf(kSeatTags[i]));
  }
  EXPECT_THAT(Run({"inspect", "a"}).out,
              AllOf(HasSubstr("SERVER"), HasSubstr("{fjl}"), HasSubstr(cluster_[0].address())));
}

TEST_F(ClusterProgramTest, TheNextHolderHasALargerFence) {
  std::uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    const Finished end = Run({"run", "-w", "30s", "a", "--", "sh", "-c", "echo $HOLDFAST_FENCE"});
    ASSERT_EQ(end.exit_status, 0) << end;
    EXPECT_GT(std::stoull(end.out), last);
    last = std::stoull(end.out);
  }
}

TEST_F(ClusterProgramTest, DoctorIsContentWithSeatsOfDifferentMasters) {
  const Finished text = Run({"doctor"});
  EXPECT_EQ(text.exit_status, 0) << text;
  EXPECT_THAT(text.out, AllOf(HasSubstr("3 of 3 nodes vote"), HasSubstr("SERVER"),
                              HasSubstr(ServerOf("{fjl}")), Not(HasSubstr("warning"))));
}

TEST_F(ClusterProgramTest, DoctorNamesSeatsThatShareAMaster) {
  const Words five = {"doctor", "--seats", "5"};
  const Finished text = Run(five);
  EXPECT_EQ(text.exit_status, 1) << text;
  EXPECT_THAT(text.out, AllOf(HasSubstr("5 of 5 nodes vote"), HasSubstr("warning: {"),
                              HasSubstr("shares its master")));
  const Json seen = Json::parse(Run(With(five, {"--json"})).out);
  EXPECT_EQ(seen["flawless"], false);
  EXPECT_EQ(seen["quorum_votes"], true);
  EXPECT_EQ(seen["quorum"], 3);
}

TEST_F(ClusterProgramTest, AMasterThatIsGoneTakesItsSeatAlong) {
  ASSERT_EQ(Run({"doctor"}).exit_status, 0);
  cluster_.Kill(cluster_.MasterOf("{1x3}"));
  const Finished two = Run({"doctor", "--json"});
  EXPECT_EQ(two.exit_status, 1) << two;
  const Json seen = Json::parse(two.out);
  EXPECT_EQ(seen["nodes"][2]["votes"], false);
  EXPECT_NE(seen["nodes"][2]["reason"], "");
  cluster_.Kill(cluster_.MasterOf("{fjl}"));
  EXPECT_EQ(Run({"doctor"}).exit_status, 69);
}

TEST_F(ClusterProgramTest, ReconfigureShowsTheServersOfTheSeats) {
  ASSERT_EQ(Run({"doctor"}).exit_status, 0);
  const Finished end = Run({"reconfigure", "--max-ttl", "20s", "--json"});
  EXPECT_EQ(end.exit_status, 0) << end;
  const Json outcome = Json::parse(end.out);
  EXPECT_EQ(outcome["taken"], true);
  EXPECT_EQ(outcome["nodes"][1]["server"], ServerOf("{fjl}"));
  const Finished refused = Run({"acquire", "-n", "a"});
  EXPECT_EQ(refused.exit_status, 78) << refused;
  EXPECT_THAT(refused.err, HasSubstr("max_ttl of 20000 ms"));
}

// The rights that README names.
TEST(ClusterRightsTest, LeastRightsAreEnough) {
  RedisCluster cluster(
      3, 0,
      {.acl_users = {
           "holdfast on >secret ~{*}lock:* ~{*}holdfast:* resetchannels -@all +time "
           "+info +config|get +script|load +evalsha +eval +set +get +mget +del +pttl +pexpire "
           "+type +hget +hmget +hset +exists +cluster|slots"}});
  const std::string url = cluster[0].url("holdfast:secret@");
  const Finished end =
      RunAlone({"run", "--new-installation", "--cluster", url, "a", "--", "echo", "done"});
  EXPECT_EQ(end.exit_status, 0) << end;
  const Finished denied =
      RunAlone({"acquire", "-n", "--cluster", cluster[0].url("holdfast:wrong@"), "a"});
  EXPECT_EQ(denied.exit_status, 77) << denied;
}

}  // namespace
}  // namespace holdfast::testing
