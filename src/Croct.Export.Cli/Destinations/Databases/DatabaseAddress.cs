using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace Croct.Export.Cli.Destinations.Databases;

/// <summary>
/// The address of a schema in a PostgreSQL database, as libpq reads it (https://www.postgresql.org/docs/current/libpq-connect.html):
/// <c>postgres://user@host:port/database?schema=croct&amp;sslmode=verify-full</c>. What it leaves out comes from the variables of libpq, such as
/// <c>PGHOST</c>; the password always does, or from a passfile.
/// </summary>
/// <param name="Name">The address of the database, for people.</param>
/// <param name="Settings">The settings of connections. They contain no password.</param>
/// <param name="Schema">The schema.</param>
/// <param name="HasTimeout">Whether they include a timeout.</param>
internal sealed partial record DatabaseAddress(string Name, NpgsqlConnectionStringBuilder Settings, string Schema, bool HasTimeout)
{
    /// <summary>The maximum number of seconds that Npgsql accepts.</summary>
    public const int MaxConnectTimeout = 1024;

    private const string Form = "postgres://user@host/database?schema=croct";
    private const string DefaultSchema = "croct";
    private const int DefaultPort = 5432;

    /// <summary>PostgreSQL cuts longer names.</summary>
    private const int MaxNameBytes = 63;

    /// <summary>With one of these, libpq ignores a passfile.</summary>
    private const UnixFileMode OfOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>The folders in which servers on this machine put their sockets.</summary>
    private static readonly string[] SocketFolders = ["/var/run/postgresql", "/tmp"];

    /// <summary>The parameters of libpq that have a counterpart, with the values that they may have if these are fixed.</summary>
    private static readonly Dictionary<string, (string Keyword, string[] Values)> Parameters = new(StringComparer.Ordinal)
    {
        ["host"] = ("Host", []),
        ["port"] = ("Port", []),
        ["user"] = ("Username", []),
        ["dbname"] = ("Database", []),
        ["passfile"] = ("Passfile", []),
        ["sslmode"] = ("SSL Mode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]),
        ["sslrootcert"] = ("Root Certificate", []),
        ["sslcert"] = ("SSL Certificate", []),
        ["sslkey"] = ("SSL Key", []),
        ["sslnegotiation"] = ("SSL Negotiation", ["postgres", "direct"]),
        ["channel_binding"] = ("Channel Binding", ["disable", "prefer", "require"]),
        ["gssencmode"] = ("GSS Encryption Mode", ["disable", "prefer", "require"]),
        ["require_auth"] = ("Require Auth", []),
        ["connect_timeout"] = ("Timeout", []),
        ["target_session_attrs"] = ("Target Session Attributes", ["any", "read-write", "primary"]),
        ["application_name"] = ("Application Name", []),
        ["options"] = ("Options", []),
    };

    /// <summary>The parameters that name a file.</summary>
    private static readonly string[] Files = ["passfile", "sslrootcert", "sslcert", "sslkey"];

    /// <summary>The variables of libpq that Npgsql does not read, or that decide about something here.</summary>
    private static readonly (string Parameter, string Variable)[] Variables =
    [
        ("host", "PGHOST"), ("port", "PGPORT"), ("user", "PGUSER"), ("dbname", "PGDATABASE"), ("sslmode", "PGSSLMODE"), ("sslrootcert", "PGSSLROOTCERT"),
        ("connect_timeout", "PGCONNECT_TIMEOUT"), ("channel_binding", "PGCHANNELBINDING"), ("application_name", "PGAPPNAME"),
        ("target_session_attrs", "PGTARGETSESSIONATTRS"), ("passfile", "PGPASSFILE"), ("sslcert", "PGSSLCERT"), ("sslkey", "PGSSLKEY"),
    ];

    /// <summary>Whether the server is on this machine, and reached by a socket in a folder.</summary>
    public bool IsSocket => Settings.Host!.StartsWith('/');

    /// <summary>Whether an output is meant as such an address.</summary>
    public static bool IsAddress(string output) => Scheme().IsMatch(output);

    /// <exception cref="UsageException">It is not such an address. The message contains nothing that could be a password.</exception>
    public static DatabaseAddress Parse(string output)
    {
        var match = Address().Match(output);

        // With a character that has to be escaped, a password could be anywhere before the @.
        if (!match.Success || (!match.Groups["user"].Success && output.Contains('@', StringComparison.Ordinal)))
        {
            throw new UsageException($"--output is not of the form {Form}, in which @, :, / and ? within a name are %40, %3A, %2F and %3F.");
        }

        if (match.Groups["password"].Success) throw CreatePasswordError();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in (string[])["user", "dbname"])
        {
            if (match.Groups[name].Length > 0) values[name] = Decode(match.Groups[name].Value);
        }

        AddHosts(values, match.Groups["hosts"].Value);
        var schema = DefaultSchema;
        foreach (var pair in match.Groups["query"].Value.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var first, var second] ? (Decode(first), Decode(second)) : (Decode(pair), "");
            if (name.Contains("password", StringComparison.OrdinalIgnoreCase)) throw CreatePasswordError();
            if (name == "schema") schema = value;
            else if (Parameters.ContainsKey(name)) values[name] = value;
            else throw new UsageException($"--output has the parameter '{name}'; the parameters are schema, {string.Join(", ", Parameters.Keys)}.");
        }

        CheckSchema(schema);
        foreach (var (name, variable) in Variables)
        {
            if (!values.ContainsKey(name) && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value) values[name] = value;
        }

        var settings = CreateSettings(values);
        var host = settings.Host!;
        var place = host.Contains(':', StringComparison.Ordinal) || host.StartsWith('/') ? host : $"{host}:{settings.Port}";
        return new DatabaseAddress($"postgres://{place}/{settings.Database}", settings, schema, values.ContainsKey("connect_timeout"));
    }

    private static UsageException CreatePasswordError() => new(
        "--output contains a password, which others on this machine can see. Leave it out, and set PGPASSWORD or use a passfile (PGPASSFILE, ~/.pgpass).");

    private static void CheckSchema(string schema)
    {
        if (schema.Length > 0 && Encoding.UTF8.GetByteCount(schema) <= MaxNameBytes && !schema.Any(char.IsControl)
            && !schema.StartsWith("pg_", StringComparison.Ordinal))
        {
            return;
        }

        throw new UsageException(
            $"--output has the schema '{schema}'; it must have 1 to {MaxNameBytes} bytes and no control characters, and must not begin with pg_.");
    }

    private static void AddHosts(Dictionary<string, string> values, string hosts)
    {
        if (hosts.Length == 0) return;
        var matches = hosts.Split(',').Select(host => Host().Match(host)).ToList();
        if (matches.Exists(match => !match.Success))
        {
            throw new UsageException($"--output has the host '{hosts}', which is not of the form host or host:port.");
        }

        values["host"] = string.Join(',', matches.Select(match => Decode(match.Groups["name"].Value)));
        if (matches.Exists(match => match.Groups["port"].Success)) values["port"] = string.Join(',', matches.Select(match => match.Groups["port"].Value));
    }

    private static string Decode(string text) => InvalidEscape().IsMatch(text)
        ? throw new UsageException("--output contains a % that two hexadecimal digits do not follow. A % itself is %25.")
        : Uri.UnescapeDataString(text);

    private static NpgsqlConnectionStringBuilder CreateSettings(Dictionary<string, string> values)
    {
        var settings = new NpgsqlConnectionStringBuilder { ApplicationName = "croct-export", Username = Environment.UserName };
        var (host, port) = (values.GetValueOrDefault("host"), values.GetValueOrDefault("port") ?? "");
        var ports = port.Split(',').Select(text => text.Length == 0 ? DefaultPort : ParseNumber("port", text, 65535)).ToList();
        var hosts = (host ?? FindSocketFolder(ports[0]) ?? "localhost").Split(',');
        if (ports.Count != 1 && ports.Count != hosts.Length)
        {
            throw new UsageException($"--output has {hosts.Length} hosts and {ports.Count} ports; it must have one port, or one for each host.");
        }

        settings.Port = ports[0];
        settings.Host = hosts.Length == 1
            ? hosts[0]
            : string.Join(',', hosts.Select((name, index) => string.Create(CultureInfo.InvariantCulture, $"{name}:{ports[Math.Min(index, ports.Count - 1)]}")));

        if (values.GetValueOrDefault("sslrootcert") == "system")
        {
            throw new UsageException(
                "sslrootcert (in --output or the environment) was 'system'. " +
                "Leave it out and pass sslmode=verify-full, which then trusts what this system trusts.");
        }

        // As in libpq, a certificate authority is there to be checked.
        if (values.GetValueOrDefault("sslmode") == "require" && (values.GetValueOrDefault("sslrootcert") is { Length: > 0 } || File.Exists(DefaultAuthority)))
        {
            values["sslmode"] = "verify-ca";
        }

        if (values.TryGetValue("connect_timeout", out var timeout)) settings.Timeout = ParseNumber("connect_timeout", timeout, MaxConnectTimeout);
        foreach (var (name, value) in values.Where(pair => pair.Key is not ("host" or "port" or "connect_timeout")))
        {
            var (keyword, allowed) = Parameters[name];
            if (allowed.Length > 0 && !allowed.Contains(value))
            {
                throw new UsageException(
                    $"{name} (in --output or the environment) was '{value}'; it must be {string.Join(", ", allowed[..^1])} or {allowed[^1]}.");
            }

            if (Files.Contains(name)) CheckFile(name, value);

            // Npgsql takes the role of a server only to choose among several. A single one says itself that it does not accept writes.
            if (name != "target_session_attrs" || hosts.Length > 1) Set(settings, name, keyword, value);
        }

        settings.Database ??= settings.Username;
        return settings;
    }

    private static void CheckFile(string name, string path)
    {
        try
        {
            using var file = File.OpenRead(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"{name} (in --output or the environment) was '{path}', which cannot be read: {Terminal.OneLine(exception.Message)}");
        }

        if (name == "passfile" && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OfOthers) != 0)
        {
            throw new UsageException(
                $"passfile (in --output or the environment) was '{path}', which others on this machine can use. Restrict it to its owner: chmod 600.");
        }
    }

    private static void Set(NpgsqlConnectionStringBuilder settings, string name, string keyword, string value)
    {
        try
        {
            settings[keyword] = name == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (ArgumentException exception)
        {
            throw new UsageException($"{name} (in --output or the environment) was '{value}', which is not valid: {Terminal.OneLine(exception.Message)}");
        }
    }

    /// <summary>The file with certificates that libpq and Npgsql trust without being told to.</summary>
    private static string DefaultAuthority => OperatingSystem.IsWindows()
        ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "postgresql", "root.crt")
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".postgresql", "root.crt");

    private static string? FindSocketFolder(int port) =>
        Array.Find(SocketFolders, folder => File.Exists(FormattableString.Invariant($"{folder}/.s.PGSQL.{port}")));

    private static int ParseNumber(string name, string text, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max
            ? number
            : throw new UsageException($"{name} (in --output or the environment) was '{text}'; it must be a number from 0 to {max}.");

    /// <summary>Without its slashes, an address would be a file of this machine, and so would libpq's other form, <c>host=... dbname=...</c>.</summary>
    [GeneratedRegex(@"^postgres(ql)?:|^\s*(host|hostaddr|dbname|service)\s*=", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex(
        @"^postgres(ql)?://((?<user>[^/?#:@]*)(?<password>:[^/?#@]*)?@)?(?<hosts>[^/?#@]*)(/(?<dbname>[^/?#@]*))?(\?(?<query>[^#]*))?$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Address();

    [GeneratedRegex(@"^(?<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(:(?<port>[0-9]*))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Host();

    [GeneratedRegex("%(?![0-9A-Fa-f]{2})")]
    private static partial Regex InvalidEscape();
}
