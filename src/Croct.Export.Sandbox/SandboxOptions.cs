namespace Croct.Export.Sandbox;

/// <summary>What a sandbox serves. Equal options serve equal bytes, also in another process and at another time.</summary>
public sealed class SandboxOptions
{
    internal const string DefaultApiKey = "5a4d8b0c-7e21-4f39-9c06-d3b1e8f7a254";

    /// <summary>How many events there are: 0 to 1,000,000,000, 10,000 by default. They are made when they are asked for and need no memory.</summary>
    public long Events { get; set; } = 10_000;

    /// <summary>How many sessions there are: 0 to 1,000,000,000; by default one for ten events, at least one.</summary>
    public long? Sessions { get; set; }

    /// <summary>How many users there are: 0 to 1,000,000,000; by default one for three sessions, at least one.</summary>
    public long? Users { get; set; }

    /// <summary>The number that all data follow from; 1 by default.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>The TCP port on 127.0.0.1: 0 to 65535; 0, the default, for any free one.</summary>
    public int Port { get; set; }

    /// <summary>The one key that is let in, a version 4 UUID; a fixed one by default, which protects nothing.</summary>
    public string ApiKey { get; set; } = DefaultApiKey;

    /// <summary>The unit of <c>start</c> and <c>end</c>; seconds by default.</summary>
    public SandboxTimeUnit TimeUnit { get; set; } = SandboxTimeUnit.Seconds;

    /// <summary>
    /// When the first event happens; 2024-01-01T00:00:00Z by default, from 1970 to 2200. One event follows in every ten seconds, one session
    /// closes in every hundred, one user changes in every three hundred.
    /// </summary>
    public DateTimeOffset Start { get; set; } = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal long SessionCount => Sessions ?? Math.Max(1, (Events + 9) / 10);

    internal long UserCount => Users ?? Math.Max(1, (SessionCount + 2) / 3);

    internal SandboxOptions CheckedCopy()
    {
        CheckCount(nameof(Events), Events);
        CheckCount(nameof(Sessions), SessionCount);
        CheckCount(nameof(Users), UserCount);
        if (Port is < 0 or > 65535) throw new ArgumentOutOfRangeException(nameof(Port), $"{nameof(Port)} was {Port}; it must be from 0 to 65535.");
        if (!Http.ApiKeys.IsWellFormed(ApiKey)) throw new ArgumentException($"{nameof(ApiKey)} must be a version 4 UUID.", nameof(ApiKey));
        if (!Enum.IsDefined(TimeUnit)) throw new ArgumentOutOfRangeException(nameof(TimeUnit), $"{nameof(TimeUnit)} was {TimeUnit}; it must be Seconds or Milliseconds.");
        if (Start.UtcDateTime.Year is < 1970 or > 2200)
        {
            throw new ArgumentOutOfRangeException(nameof(Start), $"{nameof(Start)} was {Start:O}; it must be from 1970 to 2200.");
        }

        return (SandboxOptions)MemberwiseClone();
    }

    private static void CheckCount(string name, long count)
    {
        const long Most = 1_000_000_000;
        if (count is < 0 or > Most) throw new ArgumentOutOfRangeException(name, $"{name} was {count}; it must be from 0 to {Most}.");
    }
}
