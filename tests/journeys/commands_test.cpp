#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "kernel/testing/temporary_folder.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// What a person at a terminal sees last of a command that fails.
std::string last_line(const Ended& ended) {
  std::string text = ended.complained;
  if (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
}

struct Commands : ::testing::Test {
  Commands() { fs::permissions(folder, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  }
  std::string home() const { return (folder / "home").string(); }

  /// None of these may go on to serve.
  Ended run(std::vector<std::string> words) const { return run_emporion(std::move(words), folder, {}, 60); }

  testing::TemporaryFolder temporary{"commands"};
  fs::path folder = temporary.path();
};

/// One line that says what, why and what to do, a code of failure, and no trace of our insides.
void expect_one_clear_line(const Ended& ended, int code, const std::string& reason, const std::string& part) {
  EXPECT_EQ(ended.code, code) << ended.complained;
  EXPECT_TRUE(last_line(ended).starts_with("emporion: ")) << ended.complained;
  EXPECT_THAT(last_line(ended), HasSubstr("(" + reason + ")"));
  EXPECT_THAT(last_line(ended), HasSubstr(part));
  EXPECT_LT(last_line(ended).size(), 400u) << last_line(ended);
  EXPECT_EQ(ended.complained.find(".cpp"), std::string::npos) << ended.complained;
}

TEST_F(Commands, a_placement_that_cannot_be_read_stops_the_start_and_makes_nothing) {
  expect_one_clear_line(run({"up", "--home", home(), "--port", "0", "--placement", file("broken.yaml", "gateway: [\n")}), 1, "CONFIG_MALFORMED",
                        "broken.yaml: line 2");
  expect_one_clear_line(run({"up", "--home", home(), "--port", "0", "--placement", "/nonexistent.yaml"}), 1, "CONFIG_UNREADABLE", "/nonexistent.yaml");
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Commands, a_setting_that_nobody_knows_or_with_a_wrong_value_stops_the_start) {
  expect_one_clear_line(run({"up", "--home", home(), "--port", "0", "--placement", file("value.yaml", "checkout:\n  lines_max: many\n")}), 1, "CONFIG_INVALID",
                        "checkout.lines_max (line 2): an integer from 1 to 2000");
  expect_one_clear_line(run({"up", "--home", home(), "--port", "0", "--placement", file("name.yaml", "checkout:\n  linez_max: 5\n")}), 1, "CONFIG_INVALID",
                        "checkout.linez_max (line 2): no such setting");
}

TEST_F(Commands, a_database_that_does_not_answer_is_named_by_its_module) {
  const auto placement = file("dsn.yaml", "databases:\n  order: host=127.0.0.1 port=1 dbname=x user=y\n");
  expect_one_clear_line(run({"up", "--home", home(), "--port", "0", "--placement", placement}), 1, "DATABASE_UNAVAILABLE", "database of order: ");
}

/// A port of 127.0.0.1 that another program has.
class TakenPort {
 public:
  TakenPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    number_ = std::to_string(ntohs(address.sin_port));
  }
  ~TakenPort() { close(socket_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  const std::string& number() const noexcept { return number_; }

 private:
  int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string number_;
};

TEST_F(Commands, a_port_that_another_program_has_stops_the_start) {
  const TakenPort port;
  expect_one_clear_line(run({"up", "--home", home(), "--port", port.number()}), 1, "ADDRESS_IN_USE", "port " + port.number() + " on 127.0.0.1 is taken");
}

/// All modules have started when the port is opened, which is the last thing that a start does.
TEST_F(Commands, the_placement_of_one_process_serves_everything_at_the_address_it_gives) {
  const TakenPort port;
  const std::string placement = EMP_DEPLOY "/placement/one.yaml";
  const std::vector<std::string> environment = {"EMPORION_HOME=" + home(), "EMPORION_PROCESSES__ALL__HTTP=127.0.0.1:" + port.number()};
  const auto migrated = run_emporion({"migrate", "--placement", placement}, folder, environment, 60);
  EXPECT_EQ(migrated.code, 0) << migrated.complained;
  expect_one_clear_line(run_emporion({"serve", "--placement", placement, "--process", "all"}, folder, environment, 60), 1, "ADDRESS_IN_USE",
                        "port " + port.number() + " on 127.0.0.1 is taken");
}

TEST_F(Commands, a_full_disk_stops_the_start_and_leaves_no_half_of_a_cluster) {
  const fs::path small = folder / "small";
  fs::create_directory(small);
  if (mount("tmpfs", small.c_str(), "tmpfs", 0, "size=20m") != 0) GTEST_SKIP() << "a small disk can only be mounted by root";
  const auto ended = run({"up", "--home", (small / "home").string(), "--port", "0"});
  EXPECT_FALSE(fs::exists(small / "home" / "postgres" / "data"));
  umount(small.c_str());
  expect_one_clear_line(ended, 1, "DISK_FULL", "the disk is full");
}

TEST_F(Commands, a_placement_that_does_not_hold_is_refused_by_whatever_reads_it_with_a_line_for_each_fault) {
  const auto placement =
      file("torn.yaml",
           "processes:\n  a: {modules: [auth, user], listen: 127.0.0.1:9101}\n  b: {modules: [gateway, autth, catalog, checkout, fulfillment, "
           "location, payment, pricing, promotion, shipping, warehouse], listen: 127.0.0.1:9101}\n");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"placement", "check", placement},
                                                {"placement", "graph", placement},
                                                {"serve", "--placement", placement, "--process", "a"},
                                                {"migrate", "--home", home(), "--placement", placement}}) {
    const auto ended = run(words);
    expect_one_clear_line(ended, 1, "PLACEMENT_INVALID", "process b takes 127.0.0.1:9101, which a has already");
    EXPECT_THAT(ended.complained, HasSubstr("process b: there is no module autth"));
    EXPECT_THAT(ended.complained, HasSubstr("module order is in no process; called by checkout, gateway and promotion; heard by"));
    EXPECT_EQ(std::ranges::count(ended.complained, '\n'), 3) << ended.complained;
    EXPECT_EQ(ended.printed, "");
  }
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Commands, the_placements_of_deploy_hold) {
  for (const std::string name : {"one", "per-domain", "per-module"}) {
    const auto ended = run({"placement", "check", EMP_DEPLOY "/placement/" + name + ".yaml"});
    EXPECT_EQ(ended.code, 0) << ended.complained;
    EXPECT_THAT(ended.printed, HasSubstr(name + ".yaml holds"));
  }
  const auto drawn = run({"placement", "graph", EMP_DEPLOY "/placement/per-module.yaml"});
  EXPECT_THAT(drawn.printed, HasSubstr("gateway in gateway calls auth in auth, also before it has started\n"));
  EXPECT_THAT(drawn.printed, HasSubstr("fulfillment in fulfillment calls warehouse in warehouse\n"));
}

TEST_F(Commands, a_process_among_others_is_named_and_needs_its_certificate) {
  const std::string apart = EMP_DEPLOY "/placement/per-domain.yaml";
  const auto served = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--placement", apart});
    return run_emporion(std::move(words), folder, {"EMPORION_HOME=" + home()}, 60);
  };
  expect_one_clear_line(served({"serve", "--process", "platform"}), 1, "PKI_MISSING", "make the certificates with emporion pki init --placement " + apart);
  expect_one_clear_line(served({"serve"}), 1, "PROCESS_UNNAMED", "commerce, identity, logistics, platform and product");
  expect_one_clear_line(served({"serve", "--process", "commerce", "--replica", "2"}), 1, "REPLICA_UNKNOWN", "process commerce has replicas 1 to 1, not 2");
  expect_one_clear_line(served({"up"}), 1, "PROCESS_UNNAMED", "emporion serve --process");
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Commands, a_history_that_cannot_be_read_changes_nothing) {
  expect_one_clear_line(run({"import", "online-retail", "/nonexistent.csv", "--home", home()}), 1, "FILE_UNREADABLE", "/nonexistent.csv");
  const auto corrupt = file("corrupt.csv", "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n536365,85123A,\"X,6,2010\n");
  expect_one_clear_line(run({"import", "online-retail", corrupt, "--home", home()}), 1, "CSV_MALFORMED", "row 2");
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Commands, a_history_in_pounds_is_not_brought_into_a_shop_of_another_currency) {
  const auto history = file("history.csv",
                            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
                            "536365,85123A,LIGHT HOLDER,6,2010-12-01T08:26:00,2.55,17850,United Kingdom\n");
  expect_one_clear_line(run({"import", "online-retail", history, "--home", home()}), 1, "SHOP_CURRENCY", "sells in VND");
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Commands, an_audit_without_a_shop_is_neither_clean_nor_not) {
  expect_one_clear_line(run({"audit", "--home", home()}), 3, "NO_SHOP", "emporion up");
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Commands, a_command_that_does_not_exist_is_a_matter_of_usage) {
  EXPECT_EQ(run({"upp"}).code, 2);
  EXPECT_EQ(run({"up", "--prot", "1"}).code, 2);
  EXPECT_EQ(run({"--help"}).code, 0);
}

TEST_F(Commands, the_version_is_that_of_the_package) {
  std::ifstream changelog(EMP_DEPLOY "/debian/changelog");
  std::string name, version;
  changelog >> name >> version;
  const auto told = run({"--version"});
  EXPECT_EQ(told.code, 0) << told.complained;
  EXPECT_EQ(told.printed, "emporion " + version.substr(1, version.size() - 2) + "\n");
}

}  // namespace
}  // namespace emporion::journeys
