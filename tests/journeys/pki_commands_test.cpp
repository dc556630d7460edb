#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "kernel/base/text.hpp"
#include "kernel/security/authority.hpp"
#include "kernel/testing/temporary_folder.hpp"
#include "tests/journeys/shop_process.hpp"

namespace emporion::journeys {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int killed = 128 + SIGKILL;

/// What a command of OpenSSL's own program prints, its complaints too.
std::string openssl(const std::string& words) {
  FILE* const out = popen(("openssl " + words + " 2>&1").c_str(), "r");
  std::string text;
  char buffer[4096];
  for (std::size_t got = 0; out && (got = fread(buffer, 1, sizeof buffer, out)) > 0;) text.append(buffer, got);
  if (out) pclose(out);
  return text;
}

struct Pki : ::testing::Test {
  Pki() {
    placement = (folder / "shop.yaml").string();
    pki = folder / "pki";
    std::ofstream(placement)
        << "pki: " << pki.string()
        << "\nprocesses:\n"
           "  edge: {modules: [gateway, auth, user, catalog, pricing, promotion, location], listen: 127.0.0.1:9101, http: 127.0.0.1:8080}\n"
           "  stock: {modules: [warehouse, order, payment, checkout, fulfillment, shipping], listen: 127.0.0.1:9102}\n";
  }

  Ended run(std::vector<std::string> words, const std::vector<std::string>& environment = {}) {
    words.insert(words.begin(), "pki");
    auto ended = run_emporion(std::move(words), folder, environment, 60);
    everything_said += ended.printed + ended.complained;
    return ended;
  }
  void expect_done(std::vector<std::string> words) {
    const auto ended = run(std::move(words));
    EXPECT_EQ(ended.code, 0) << ended.complained;
    EXPECT_EQ(ended.complained, "");
  }
  void expect_refused(std::vector<std::string> words, const std::string& reason, const std::string& part) {
    const auto ended = run(std::move(words));
    EXPECT_EQ(ended.code, 1) << ended.printed;
    EXPECT_EQ(std::ranges::count(ended.complained, '\n'), 1) << ended.complained;
    EXPECT_TRUE(ended.complained.starts_with("emporion: ")) << ended.complained;
    EXPECT_THAT(ended.complained, HasSubstr("(" + reason + ")"));
    EXPECT_THAT(ended.complained, HasSubstr(part));
  }

  std::string file(const std::string& name) const { return (pki / name).string(); }
  std::map<std::string, std::string> snapshot() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(pki)) out[entry.path().filename().string()] = text_of(entry.path());
    return out;
  }
  /// OpenSSL's own program believes both processes, as servers and as clients, and finds the key of each with its certificate.
  void expect_whole(const std::string& when) const {
    for (const std::string name : {"edge", "stock"}) {
      for (const std::string purpose : {"sslserver", "sslclient"}) {
        const auto said = openssl(text("verify -x509_strict -purpose ", purpose, " -CAfile ", file("ca.pem"), " ", file(name + ".pem")));
        EXPECT_EQ(said, file(name + ".pem") + ": OK\n") << when;
      }
      const auto certified = openssl(text("x509 -noout -pubkey -in ", file(name + ".pem")));
      EXPECT_THAT(certified, HasSubstr("BEGIN PUBLIC KEY")) << when;
      EXPECT_EQ(certified, openssl(text("pkey -pubout -in ", file(name + ".key")))) << when;
    }
  }

  testing::TemporaryFolder temporary{"pki"};
  fs::path folder = temporary.path();
  fs::path pki;
  std::string placement;
  std::string everything_said;
};

TEST_F(Pki, openssl_believes_what_init_makes_and_reads_the_modules_in_it) {
  expect_done({"init", "--placement", placement});
  expect_whole("after init");
  const auto edge = openssl(text("x509 -noout -subject -ext subjectAltName,keyUsage,extendedKeyUsage,basicConstraints -in ", file("edge.pem")));
  EXPECT_THAT(edge, HasSubstr("subject=CN = edge\n"));
  EXPECT_THAT(edge,
              HasSubstr("DNS:auth.emporion, DNS:catalog.emporion, DNS:gateway.emporion, DNS:location.emporion, DNS:pricing.emporion, DNS:promotion.emporion, "
                        "DNS:user.emporion\n"));
  EXPECT_THAT(edge, HasSubstr("X509v3 Key Usage: critical\n    Digital Signature\n"));
  EXPECT_THAT(edge, HasSubstr("TLS Web Server Authentication, TLS Web Client Authentication\n"));
  EXPECT_THAT(edge, HasSubstr("X509v3 Basic Constraints: critical\n    CA:FALSE\n"));
  EXPECT_THAT(openssl(text("x509 -noout -checkhost warehouse.emporion -in ", file("stock.pem"))), HasSubstr("does match certificate"));
  EXPECT_THAT(openssl(text("x509 -noout -checkhost warehouse.emporion -in ", file("edge.pem"))), HasSubstr("does NOT match certificate"));
  for (const std::string name : {"ca.key", "edge.key", "stock.key"}) {
    EXPECT_EQ(fs::status(file(name)).permissions(), fs::perms::owner_read | fs::perms::owner_write) << name;
  }
  const auto before = snapshot();
  expect_done({"init", "--placement", placement});
  EXPECT_EQ(snapshot(), before);
}

TEST_F(Pki, the_authority_of_another_shop_is_not_believed) {
  expect_done({"init", "--placement", placement});
  expect_done({"init", "--placement", placement, "--folder", (folder / "other").string()});
  EXPECT_THAT(openssl(text("verify -CAfile ", file("ca.pem"), " ", (folder / "other" / "edge.pem").string())), HasSubstr("verification failed"));
  fs::copy_file(folder / "other" / "edge.pem", file("edge.pem"), fs::copy_options::overwrite_existing);
  const auto shown = run({"show", "--placement", placement});
  EXPECT_EQ(shown.code, 1);
  EXPECT_THAT(shown.complained, HasSubstr("edge.pem: is not believed"));
}

TEST_F(Pki, without_a_folder_given_it_is_in_the_home) {
  const auto home = folder / "home";
  std::ofstream(placement, std::ios::app) << "home: " << home.string() << "\n";
  const auto lines = text_of(placement);
  std::ofstream(placement) << lines.substr(lines.find('\n') + 1);
  expect_done({"init", "--placement", placement});
  EXPECT_TRUE(fs::exists(home / "pki" / "edge.pem"));
  expect_done({"show", "--home", home.string()});
}

TEST_F(Pki, show_lists_all_and_fails_when_one_is_about_to_expire_or_has) {
  expect_refused({"show", "--placement", placement}, "PKI_MISSING", "emporion pki init --placement FILE");
  expect_done({"init", "--placement", placement});
  const auto shown = run({"show", "--placement", placement});
  EXPECT_EQ(shown.code, 0) << shown.complained;
  EXPECT_THAT(shown.printed, HasSubstr("Emporion authority "));
  EXPECT_THAT(shown.printed, HasSubstr("checkout, fulfillment, order, payment, shipping and warehouse\n"));
  expect_done({"issue", "operator", "--folder", pki.string(), "--days", "8"});
  expect_done({"show", "--folder", pki.string()});
  expect_done({"issue", "operator", "--folder", pki.string(), "--days", "6", "--replace"});
  expect_refused({"show", "--folder", pki.string()}, "CERTIFICATE_EXPIRING", "operator.pem: expires within ");

  const auto authority = security::Authority::of(security::read_certificates(text_of(file("ca.pem")))->front(),
                                                 security::read_private_key(security::Secret(text_of(file("ca.key")))).value());
  const auto key = security::read_private_key(security::Secret(text_of(file("operator.key")))).value();
  const UtcTime now = SystemClock().now();
  std::ofstream(file("operator.pem"))
      << authority->issue({.name = "operator", .dns_names = {}, .valid_from = now - hours(1), .valid_until = now - minutes(1)}, key.public_key)->pem;
  expect_refused({"show", "--folder", pki.string()}, "CERTIFICATE_EXPIRED", "operator.pem: has expired");
}

TEST_F(Pki, issue_makes_one_more) {
  expect_refused({"issue", "operator", "--folder", pki.string()}, "PKI_MISSING", "pki init");
  expect_done({"init", "--placement", placement});
  expect_done({"issue", "operator", "--folder", pki.string(), "--days", "30"});
  EXPECT_THAT(openssl(text("verify -CAfile ", file("ca.pem"), " ", file("operator.pem"))), HasSubstr(": OK"));
  EXPECT_THAT(openssl(text("x509 -noout -ext subjectAltName -in ", file("operator.pem"))), HasSubstr("No extensions"));
  expect_done({"issue", "report", "--folder", pki.string(), "--modules", "order,payment"});
  EXPECT_THAT(openssl(text("x509 -noout -ext subjectAltName -in ", file("report.pem"))), HasSubstr("DNS:order.emporion, DNS:payment.emporion"));
  const auto before = snapshot();
  expect_done({"issue", "report", "--folder", pki.string()});
  EXPECT_EQ(snapshot(), before) << "the modules that it has already";
  expect_done({"issue", "report", "--folder", pki.string(), "--replace"});
  EXPECT_NE(snapshot()["report.key"], before.at("report.key"));
  EXPECT_THAT(openssl(text("x509 -noout -ext subjectAltName -in ", file("report.pem"))), HasSubstr("DNS:order.emporion, DNS:payment.emporion"));
  fs::remove(file("stock.pem"));
  fs::remove(file("stock.key"));
  expect_done({"issue", "stock", "--placement", placement});
  expect_whole("after issue");

  expect_refused({"issue", "stok", "--placement", placement}, "PROCESS_UNKNOWN", "stok");
  expect_refused({"issue", "x", "--folder", pki.string(), "--modules", "order,paymnt"}, "MODULE_UNKNOWN", "paymnt");
  expect_refused({"issue", "../x", "--folder", pki.string()}, "PKI_NAME_INVALID", "../x");
  expect_refused({"issue", "ca", "--folder", pki.string()}, "PKI_NAME_INVALID", "choose another");
}

TEST_F(Pki, what_is_asked_in_a_wrong_way_is_a_matter_of_usage) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"init"},
                                                {"rotate"},
                                                {"issue"},
                                                {"init", "--placement", placement, "--days", "0"},
                                                {"init", "--placement", placement, "--days", "3651"},
                                                {"rotate", "--finish", "--placement", placement},
                                                {"issue", "x", "--modules", "order", "--placement", placement}}) {
    EXPECT_EQ(run(words).code, 2);
  }
  EXPECT_FALSE(fs::exists(pki));
}

TEST_F(Pki, a_placement_that_does_not_hold_makes_nothing) {
  std::ofstream(placement, std::ios::app) << "  third: {modules: [order], listen: 127.0.0.1:9103}\n";
  expect_refused({"init", "--placement", placement}, "PLACEMENT_INVALID", "order");
  EXPECT_FALSE(fs::exists(pki));
}

TEST_F(Pki, the_authority_is_replaced_in_three_steps) {
  expect_done({"init", "--placement", placement});
  const auto old_authority = text_of(file("ca.pem"));
  std::ofstream(folder / "old.pem") << old_authority;
  expect_done({"rotate", "--authority", "--placement", placement});
  expect_whole("after the first step");
  EXPECT_TRUE(text_of(file("ca.pem")).starts_with(old_authority));
  expect_refused({"rotate", "--authority", "--finish", "--placement", placement}, "AUTHORITY_ROTATING", "first emporion pki rotate");
  expect_done({"rotate", "--placement", placement});
  expect_whole("after the second step");
  expect_done({"rotate", "--authority", "--finish", "--placement", placement});
  expect_whole("after the last step");
  EXPECT_THAT(text_of(file("ca.pem")), Not(HasSubstr(old_authority)));
  EXPECT_THAT(openssl(text("verify -CAfile ", (folder / "old.pem").string(), " ", file("edge.pem"))), HasSubstr("verification failed"));
}

/// Killed before and after each file of each step, the command is run again, and what it leaves is whole.
TEST_F(Pki, a_crash_between_any_two_files_is_mended_by_the_next_run) {
  const std::vector<std::vector<std::string>> steps = {{"init", "--placement", placement},
                                                       {"rotate", "--placement", placement},
                                                       {"rotate", "--authority", "--placement", placement},
                                                       {"rotate", "--placement", placement},
                                                       {"rotate", "--authority", "--finish", "--placement", placement}};
  int crashes = 0;
  for (const auto& step : steps) {
    const auto before = folder / "before";
    fs::remove_all(before);
    if (fs::exists(pki)) fs::copy(pki, before);
    for (int point = 1;; ++point) {
      fs::remove_all(pki);
      if (fs::exists(before)) fs::copy(before, pki);
      const auto ended = run(step, {text("EMPORION_FAULT=crash:pki.:", point)});
      if (ended.code == 0) break;
      ASSERT_EQ(ended.code, killed) << ended.complained;
      ++crashes;
      const std::string when = text(step[0], " ", step[1], ", point ", point);
      SCOPED_TRACE(when);
      if (point % 2 == 0) {  // Either `init` or the same step once more may come next.
        expect_done({"init", "--placement", placement});
        expect_whole(when + ", then init");
      }
      expect_done(step);
      expect_whole(when);
      for (const auto& [name, bytes] : snapshot()) EXPECT_FALSE(name.ends_with(".new")) << name;
    }
  }
  EXPECT_GT(crashes, 30);
}

TEST_F(Pki, of_two_runs_at_once_one_waits) {
  std::vector<std::thread> threads;
  std::vector<Ended> ended(4);
  for (std::size_t i = 0; i < ended.size(); ++i) {
    fs::create_directory(folder / std::to_string(i));
    threads.emplace_back([&, i] { ended[i] = run_emporion({"pki", "init", "--placement", placement}, folder / std::to_string(i), {}, 60); });
  }
  for (auto& thread : threads) thread.join();
  std::size_t made = 0;
  for (const auto& one : ended) {
    EXPECT_EQ(one.code, 0) << one.complained;
    made += one.printed.find("edge.key: made") == std::string::npos ? 0 : 1;
  }
  EXPECT_EQ(made, 1U);
  expect_whole("after all");
}

TEST_F(Pki, keys_are_never_told) {
  expect_done({"init", "--placement", placement});
  expect_done({"rotate", "--placement", placement});
  std::ofstream(file("edge.key"), std::ios::app) << "spilt";
  run({"show", "--placement", placement});
  std::ofstream(file("stock.key")) << text_of(file("edge.key")).substr(30);
  run({"init", "--placement", placement});
  for (const auto& [name, bytes] : snapshot()) {
    if (!name.ends_with(".key")) continue;
    for (std::size_t at = 0; at + 32 <= bytes.size(); at += 16) EXPECT_EQ(everything_said.find(bytes.substr(at, 32)), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace emporion::journeys
