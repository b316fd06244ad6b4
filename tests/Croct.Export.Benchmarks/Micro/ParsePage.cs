using BenchmarkDotNet.Attributes;
using Croct.Export.Benchmarks.Comparison;
using NSwagClient = Croct.Export.Benchmarks.NSwagDefault.Client;

namespace Croct.Export.Benchmarks.Micro;

/// <summary>Parsing one page, by content and size. Responses come from memory, so a call and its parsing are measured.</summary>
[MemoryDiagnoser]
public class ParsePage
{
    private byte[] _body = [];
    private ExportClient _client = null!;
    private NSwagClient _nswag = null!;

    [Params("all", "pageOpened", "orderPlaced", "slotPersonalized", "eventOccurred")]
    public string Types { get; set; } = "";

    [Params(10, 1000)]
    public int Size { get; set; }

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _body = await SandboxPage.FetchAsync(Size, Types == "all" ? null : Types);
        _client = Contenders.ClientInMemory(_body);
        _nswag = Contenders.NSwagInMemory(_body);
    }

    [GlobalCleanup]
    public void CleanUp() => _client.Dispose();

    [Benchmark(Baseline = true)]
    public Task<int> Typed() => Contenders.ParseAsync(_client);

    [Benchmark]
    public Task<int> Raw() => Contenders.ParseRawAsync(_client);

    [Benchmark]
    public int SystemTextJson() => Contenders.ParseSystemTextJson(_body);

    [Benchmark]
    public Task<int> NSwagDefault() => Contenders.ParseAsync(_nswag);
}
