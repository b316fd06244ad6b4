using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Croct.Export.Cli.Output;

/// <summary>Shows on standard error how far an export has come: in place on a terminal, and a line now and then elsewhere.</summary>
internal sealed class ProgressDisplay(string itemName, bool quiet)
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private TimeSpan _lastLine;
    private StatusContext? _status;
    private long _items;
    private long _pages;
    private long _bytes;
    private DateTimeOffset? _newest;

    private bool OnTerminal => !Console.IsErrorRedirected && _console.Profile.Capabilities.Interactive;

    public async Task RunAsync(Func<Task> export)
    {
        if (quiet)
        {
            await export();
            return;
        }

        if (OnTerminal)
        {
            await _console.Status().StartAsync("Asking for the first page", status =>
            {
                _status = status;
                return export();
            });
        }
        else
        {
            await export();
        }

        Console.Error.WriteLine($"Done: {Describe()}");
    }

    public void PageWritten(int items, long bytes, DateTimeOffset? newest)
    {
        _items += items;
        _pages++;
        _bytes = bytes;
        _newest = newest > _newest ? newest : _newest ?? newest;
        if (quiet) return;
        if (_status is not null)
        {
            _status.Status(Markup.Escape(Describe()));
        }
        else if (!OnTerminal && _elapsed.Elapsed - _lastLine >= LineInterval)
        {
            _lastLine = _elapsed.Elapsed;
            Console.Error.WriteLine(Describe());
        }
    }

    private string Describe()
    {
        var seconds = Math.Max(_elapsed.Elapsed.TotalSeconds, 0.001);
        var newest = _newest is { } time ? $", newest {time:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_items:N0} {itemName}, {_pages:N0} pages, {_bytes / 1048576d:N1} MiB in {seconds:N1} s ({_items / seconds:N0} {itemName}/s){newest}");
    }
}
