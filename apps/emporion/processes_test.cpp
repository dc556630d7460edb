#include "apps/emporion/processes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace emporion::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> every_module = {"gateway", "order"};
const Address public_address{"127.0.0.1", 8080};

ProcessList read(std::string_view yaml) { return read_processes(config::Settings::parse(yaml).value(), every_module, public_address); }

TEST(Processes, AFileWithoutThemIsOneProcessOfAllModules) {
  const auto list = read("checkout:\n  currency: GBP\n");
  EXPECT_THAT(list.faults, IsEmpty());
  ASSERT_EQ(list.processes.size(), 1U);
  EXPECT_EQ(list.processes[0].name, "all");
  EXPECT_EQ(list.processes[0].modules, every_module);
  EXPECT_THAT(list.processes[0].http, ElementsAre(public_address));
}

TEST(Processes, SayTheirModulesAndWhereTheyAreReached) {
  const auto list = read("processes:\n  edge: {modules: [gateway], listen: '[::1]:9001', http: 0.0.0.0:80}\n  sales: {modules: [order], listen: sales:9002}\n");
  EXPECT_THAT(list.faults, IsEmpty());
  ASSERT_EQ(list.processes.size(), 2U);
  EXPECT_THAT(list.processes[0].modules, ElementsAre("gateway"));
  EXPECT_THAT(list.processes[0].listen, ElementsAre(Address{"::1", 9001}));
  EXPECT_THAT(list.processes[0].http, ElementsAre(Address{"0.0.0.0", 80}));
  EXPECT_EQ(list.processes[1].name, "sales");
  EXPECT_THAT(list.processes[1].listen, ElementsAre(Address{"sales", 9002}));
  EXPECT_THAT(list.processes[1].http, IsEmpty());
}

TEST(Processes, TheGatewaysProcessHasThePublicAddressOfTheSettingsUnlessItGivesItsOwn) {
  EXPECT_THAT(read("processes: {all: {modules: [gateway, order]}}").processes[0].http, ElementsAre(public_address));
}

TEST(Processes, TheAddressesOfReplicasCountUpFromTheFirst) {
  const auto list = read("processes: {edge: {modules: [gateway], replicas: 3, listen: edge:9001}}");
  EXPECT_THAT(list.faults, IsEmpty());
  EXPECT_EQ(list.processes[0].replicas, 3);
  EXPECT_THAT(list.processes[0].listen, ElementsAre(Address{"edge", 9001}, Address{"edge", 9002}, Address{"edge", 9003}));
  EXPECT_THAT(list.processes[0].http, ElementsAre(Address{"127.0.0.1", 8080}, Address{"127.0.0.1", 8081}, Address{"127.0.0.1", 8082}));
}

TEST(Processes, TellTheirMetricsWhereTheyAreToldTo) {
  const auto list = read("processes:\n  edge: {modules: [gateway], metrics: 0.0.0.0:9201}\n  sales: {modules: [order], replicas: 2, metrics: sales:9301}\n");
  EXPECT_THAT(list.faults, IsEmpty());
  EXPECT_THAT(list.processes[0].metrics, ElementsAre(Address{"0.0.0.0", 9201}));
  EXPECT_THAT(list.processes[1].metrics, ElementsAre(Address{"sales", 9301}, Address{"sales", 9302}));
}

TEST(Processes, AreNamedAsTheirFilesCanBe) {
  EXPECT_THAT(read("processes: {Sales_2-b: {modules: [order]}}").faults, IsEmpty());
  for (const std::string name : {"sales/stock", "sales and stock", "stäck"})
    EXPECT_THAT(read("processes: {'" + name + "': {modules: [order]}}").faults,
                ElementsAre("process " + name + ": a name is made of letters, digits, - and _: its files are called so"));
}

TEST(Processes, ReplicasOnSeveralMachinesAreAListOfAddresses) {
  const auto list = read("processes: {sales: {modules: [order], listen: [one:9001, two:9001]}}");
  EXPECT_THAT(list.faults, IsEmpty());
  EXPECT_EQ(list.processes[0].replicas, 2);
  EXPECT_THAT(list.processes[0].listen, ElementsAre(Address{"one", 9001}, Address{"two", 9001}));
}

TEST(Processes, WhatIsWrittenWronglyIsSaidInASentence) {
  const std::map<std::string, std::string> written = {
      {"{modules: [order], port: 9001}", "there is no 'port'; a process has modules, replicas, listen, http and metrics"},
      {"{listen: a:9001}", "it has no modules"},
      {"{modules: [order, order]}", "it names order twice"},
      {"{modules: [order], replicas: 0}", "replicas is a number from 1 to 1000, not '0'"},
      {"{modules: [order], replicas: two}", "replicas is a number from 1 to 1000, not 'two'"},
      {"{modules: [order], listen: 9001}", "'9001' in listen is not HOST:PORT"},
      {"{modules: [order], listen: ':9001'}", "':9001' in listen is not HOST:PORT"},
      {"{modules: [order], listen: '::1:9001'}", "'::1:9001' in listen is not HOST:PORT"},
      {"{modules: [order], listen: a:65536}", "'a:65536' in listen is not HOST:PORT"},
      {"{modules: [order], listen: 0.0.0.0:9001}", "0.0.0.0:9001 in listen is no address that another process can call"},
      {"{modules: [order], listen: a:0}", "a:0 in listen is no address that another process can call"},
      {"{modules: [order], listen: a:65535, replicas: 2}", "there is no port in listen for replica 2"},
      {"{modules: [order], listen: [a:1, b:1], replicas: 3}", "3 replicas, but 2 addresses in listen"},
      {"{modules: [order], metrics: 9101}", "'9101' in metrics is not HOST:PORT"},
      {"{modules: [order], http: a:80}", "http is for the process with the gateway: there is no other public entrance"},
  };
  for (const auto& [process, fault] : written)
    EXPECT_THAT(read("processes: {sales: " + process + "}").faults, ElementsAre("process sales: " + fault)) << process;
}

TEST(Processes, NamesAreListedAsInASentence) {
  EXPECT_EQ(listed({}), "");
  EXPECT_EQ(listed(std::vector<std::string>{"a"}), "a");
  EXPECT_EQ(listed(std::vector<std::string>{"a", "b", "c"}), "a, b and c");
}

}  // namespace
}  // namespace emporion::app
