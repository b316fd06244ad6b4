using BenchmarkDotNet.Running;
using Croct.Export.Benchmarks.Comparison;

// dotnet run -c Release -- compare     all comparisons, in under ten minutes
// dotnet run -c Release -- serve       how fast the sandbox serves, in under two minutes
// dotnet run -c Release -- [options]   the micro-benchmarks, with the options of BenchmarkDotNet
switch (args)
{
    case ["compare"]:
        await Compare.RunAsync(Console.Out);
        return 0;
    case ["serve"]:
        await Serve.RunAsync(Console.Out);
        return 0;
    case [Serve.Command]:
        await Serve.ServeUntilInputEndsAsync();
        return 0;
    case [PageServer.Command]:
        await PageServer.ServeUntilInputEndsAsync();
        return 0;
    case [DuckDbExport.Command, var address, var ndjson, var parquet]:
        await DuckDbExport.RunAsync(new Uri(address), ndjson, parquet);
        return 0;
    case [Tables.InsideCommand, .. var arguments]:
        return Tables.ExportInside(arguments);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Compare).Assembly).Run(args);
        return 0;
}
