#include <benchmark/benchmark.h>

#include "kernel/security/crypto.hpp"
#include "kernel/security/password.hpp"
#include "kernel/security/token.hpp"

namespace emporion::security {
namespace {

class FixedClock final : public Clock {
 public:
  UtcTime now() const override { return UtcTime::from_micros(1'800'000'000'000'000); }
};

const SigningKey& key() {
  static const SigningKey out = SigningKey::generate();
  return out;
}

AccessClaims claims(const Clock& clock) {
  AccessClaims out;
  out.issuer = "https://shop.example";
  out.audience = {"emporion"};
  out.subject = out.token = out.session = Uuid::from_name("a customer");
  out.issued_at = out.not_before = out.authenticated_at = clock.now();
  out.expires_at = clock.now() + minutes(15);
  out.client = "web";
  out.roles = {"buyer"};
  out.methods = {"pwd"};
  return out;
}

void issue(benchmark::State& state) {
  const FixedClock clock;
  for (auto _ : state) benchmark::DoNotOptimize(issue_access_token(key(), claims(clock)));
}
BENCHMARK(issue);

/// Target: 0.1 ms. With one remembered token every token but one is verified anew.
void verify_new(benchmark::State& state) {
  const FixedClock clock;
  TokenVerifier verifier({.issuer = "https://shop.example", .audience = "emporion"}, clock, nullptr, 1);
  KeySet keys;
  keys.add(key().public_key());
  verifier.replace_keys(std::move(keys));
  AccessClaims other = claims(clock);
  other.client = "app";
  const std::string tokens[] = {issue_access_token(key(), claims(clock)).value(), issue_access_token(key(), other).value()};
  std::size_t turn = 0;
  for (auto _ : state) benchmark::DoNotOptimize(verifier.verify(tokens[++turn % 2]));
}
BENCHMARK(verify_new);

void verify_remembered(benchmark::State& state) {
  const FixedClock clock;
  TokenVerifier verifier({.issuer = "https://shop.example", .audience = "emporion"}, clock);
  KeySet keys;
  keys.add(key().public_key());
  verifier.replace_keys(std::move(keys));
  const std::string token = issue_access_token(key(), claims(clock)).value();
  for (auto _ : state) benchmark::DoNotOptimize(verifier.verify(token));
}
BENCHMARK(verify_remembered);

void hash_a_password(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(hash_password(Password("correct horse battery")));
}
BENCHMARK(hash_a_password);

}  // namespace
}  // namespace emporion::security
