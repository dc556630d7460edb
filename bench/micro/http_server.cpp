// Serves one 2 KiB product on the port given: what bench/micro/http_server.sh compares with nginx. Second use: `http_server load PORT REQUESTS CONNECTIONS`
// sends that many requests through http::Client and tells the rate.
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>

#include "kernel/base/text.hpp"
#include "kernel/http/client.hpp"
#include "kernel/http/server.hpp"

namespace emporion {
namespace {

std::string a_product() {
  std::string body = R"({"id":"0190b5d2-7c3e-7abc-8def-0123456789ab","slug":"linen-shirt","name":"Linen shirt","variants":[)";
  for (int i = 0; body.size() < 1900; ++i) {
    if (i > 0) body += ',';
    body += text(R"({"sku":"LINEN-)", i, R"(","options":{"size":"M","colour":"white"},"price":{"amount":2199,"currency":"USD"},"available":true})");
  }
  body += "]}";
  body.append(2048 - body.size(), ' ');
  return body;
}

Task<http::Response> show_product(std::string body) { co_return http::Response{.body = std::move(body)}; }

class OneProductShop final : public http::Application {
 public:
  OneProductShop() {
    http::Route route;
    route.path_template = "/api/v1/products/{id}";
    route.handle = [body = a_product()](CallContext, const http::Request&, http::PathParameters) { return show_product(body); };
    const auto added = router_.add(std::move(route));
    EMP_ASSERT(added.has_value());
  }
  std::size_t body_limit(const http::Request&) const override { return 1 << 20; }
  Task<http::Response> handle(http::Request request) override {
    auto match = router_.match(request.method, request.path);
    if (!match) co_return refuse(match.error());
    co_return co_await const_cast<http::Route*>(match->route)->handle(CallContext(UtcTime(), Uuid(), Principal()), request, std::move(match->parameters));
  }
  http::Response refuse(const Error& error) override { return http::problem(error, Uuid(), ""); }

 private:
  http::Router router_;
};

int serve(std::uint16_t port) {
  Runtime runtime;
  OneProductShop shop;
  http::Server server(runtime, shop);
  const auto listening = server.listen("127.0.0.1", port);
  if (!listening) {
    std::fprintf(stderr, "%s\n", listening.error().detail().c_str());
    return 1;
  }
  runtime.watch_signals([&] { runtime.stop(); });
  runtime.run();
  return 0;
}

Task<void> send_in_turn(http::Client& client, std::string url, int requests, int& answered) {
  for (int i = 0; i < requests; ++i) {
    const auto response = co_await client.send({.url = url});
    if (response && response->status == 200) ++answered;
  }
}

Task<int> send_side_by_side(http::Client& client, std::string url, int requests, int connections) {
  int answered = 0;
  Scope scope;
  for (int i = 0; i < connections; ++i) scope.spawn(send_in_turn(client, url, requests / connections, answered));
  co_await scope.join();
  co_return answered;
}

int load(std::uint16_t port, int requests, int connections) {
  Runtime runtime;
  http::Client client(runtime, static_cast<std::size_t>(connections));
  const auto start = std::chrono::steady_clock::now();
  const int answered = run_until_done(runtime, send_side_by_side(client, text("http://127.0.0.1:", port, "/api/v1/products/1"), requests, connections));
  const std::chrono::duration<double> span = std::chrono::steady_clock::now() - start;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const double cpu_us =
      static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  std::printf("client: %d answered, %.0f requests/s, %.1f us CPU per request\n", answered, answered / span.count(), cpu_us / answered);
  return answered == requests / connections * connections ? 0 : 1;
}

int number(const char* argument) {
  int out = 0;
  const std::string_view digits(argument);
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

}  // namespace
}  // namespace emporion

int main(int argc, char** argv) {
  if (argc == 2) return emporion::serve(static_cast<std::uint16_t>(emporion::number(argv[1])));
  if (argc == 5 && std::string_view(argv[1]) == "load") {
    return emporion::load(static_cast<std::uint16_t>(emporion::number(argv[2])), emporion::number(argv[3]), emporion::number(argv[4]));
  }
  std::fprintf(stderr, "usage: http_server PORT | http_server load PORT REQUESTS CONNECTIONS\n");
  return 2;
}
